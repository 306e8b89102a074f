import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

/** Most that one person may have. */
export const mostTriggers = 50;
/** Most that a call of a webhook may bring. */
export const maxHookBytes = 16 * 1024;

const kinds = ["schedule", "webhook"] as const;
const Name = z.string().trim().min(1, "A name is needed.").max(80);
const Question = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
	.min(1, "Ask something.")
	.max(8_000)
	.describe("What the agent is asked. A webhook's body follows it, marked as data.");
const Cron = z
	.string()
	.trim()
	.max(100)
	.describe("Minute, hour, day of the month, month, day of the week, as in `0 7 * * 1-5`.");
const TimeZone = z.string().trim().max(60).describe("Such as `Europe/Berlin`: its summer time is heeded.");

export const Trigger = z.object({
	id: z.uuid(),
	kind: z.enum(kinds).describe("Whether its time starts it, or a call from outside."),
	name: z.string(),
	agentId: z.uuid(),
	agentName: z.string(),
	ownerName: z
		.string()
		.describe("Whom its runs belong to: they have that person's rights of the moment, and count for them."),
	isOwn: z.boolean().describe("Whether that is the caller. Others who manage the agent can pause and remove it."),
	question: z.string().nullable().describe("What the agent is asked; null to others than its owner."),
	cron: z.string().nullable().describe("When, for a schedule."),
	timeZone: z.string().nullable().describe("Where that time holds."),
	isPaused: z.boolean().describe("Whether it starts nothing until it is resumed."),
	nextAt: z.date().nullable().describe("When a schedule is due next."),
	path: z.string().nullable().describe("Where a webhook is called, by POST."),
	formerUntil: z.date().nullable().describe("Until when the secret before the present one holds too."),
	refusedAt: z.date().nullable().describe("When somebody last called a webhook without a valid signature."),
	refusedBecause: z.string().nullable().describe("What was wrong with that."),
	lastAt: z.date().nullable().describe("When it last came."),
	lastRefusal: z.string().nullable().describe("Why nothing was started then; null where something was."),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type Trigger = z.infer<typeof Trigger>;
export const ListTriggers = listOf(Trigger, {
	filter: { agentId: asks.id(), kind: asks.oneOf(kinds) },
	sort: ["createdAt"],
});
export type ListTriggers = z.infer<typeof ListTriggers>;
export const TriggerPage = pageOf(Trigger);
export const OneTrigger = z.strictObject({ triggerId: z.uuid() });
export type OneTrigger = z.infer<typeof OneTrigger>;

export const AddSchedule = z.strictObject({
	agentId: z.uuid(),
	name: Name,
	question: Question,
	cron: Cron,
	timeZone: TimeZone.default("UTC"),
});
export type AddSchedule = z.infer<typeof AddSchedule>;
export const AddWebhook = z.strictObject({ agentId: z.uuid(), name: Name, question: Question });
export type AddWebhook = z.infer<typeof AddWebhook>;
/** The secret is shown this once. */
export const WebhookSecret = z.object({
	trigger: Trigger.describe("The webhook."),
	secret: z
		.string()
		.describe("What each call is signed with (HMAC-SHA256, standardwebhooks.com). It is shown this once."),
});
export type WebhookSecret = z.infer<typeof WebhookSecret>;

export const ChangeTrigger = OneTrigger.extend({
	name: Name.optional(),
	question: Question.optional(),
	cron: Cron.optional(),
	timeZone: TimeZone.optional(),
	isPaused: z
		.boolean()
		.optional()
		.describe("True: it starts nothing. False: it goes on; what it missed is not made up for."),
	basedOn: z.int().min(1).optional(),
});
export type ChangeTrigger = z.infer<typeof ChangeTrigger>;
export const RotateWebhook = OneTrigger.extend({
	overlapHours: z.int().min(0).max(168).default(24).describe("For how long the secret before holds too."),
});
export type RotateWebhook = z.infer<typeof RotateWebhook>;

export const TriggerCall = z.object({
	id: z.uuid(),
	key: z.string().describe("The time that it was due, or what its caller named the call by."),
	runId: z.uuid().nullable().describe("The run that it started; null where it was refused, or its chat was deleted."),
	refusal: z.string().nullable().describe("Why nothing was started."),
	createdAt: z.date(),
});
export type TriggerCall = z.infer<typeof TriggerCall>;
export const ListCalls = listOf(TriggerCall, { filter: {}, sort: ["createdAt"] }).extend({ triggerId: z.uuid() });
export type ListCalls = z.infer<typeof ListCalls>;
export const CallPage = pageOf(TriggerCall);

export const PreviewTimes = z.strictObject({ cron: Cron, timeZone: TimeZone.default("UTC") });
export type PreviewTimes = z.infer<typeof PreviewTimes>;
export const NextTimes = z.object({ times: z.array(z.date()).describe("The next times that it would be due.") });
export type NextTimes = z.infer<typeof NextTimes>;
