import { StartedRun } from "@/server/runs/contract";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import {
	AddSchedule,
	AddWebhook,
	CallPage,
	ChangeTrigger,
	ListCalls,
	ListTriggers,
	NextTimes,
	OneTrigger,
	PreviewTimes,
	RotateWebhook,
	Trigger,
	TriggerPage,
	WebhookSecret,
} from "./contract";
import {
	addSchedule,
	addWebhook,
	changeTrigger,
	getTrigger,
	listCalls,
	listTriggers,
	previewTimes,
	removeTrigger,
	rotateWebhook,
	startNow,
	versionOfTrigger,
} from "./service";

export const triggersRouter = router({
	list: procedure("triggers:read", {
		rest: "GET /triggers",
		summary: "List one's own schedules and webhooks, and those of the agents that one manages.",
		risk: "read",
	})
		.input(ListTriggers)
		.output(TriggerPage)
		.query(({ ctx, input }) => listTriggers(ctx, input)),

	get: procedure("triggers:read", {
		revision: "revision",
		rest: "GET /triggers/{triggerId}",
		summary: "Get a schedule or a webhook.",
		risk: "read",
	})
		.input(OneTrigger)
		.output(Trigger)
		.query(
			({ ctx, input }) => getTrigger(ctx, input),
			({ ctx, input }) => versionOfTrigger(ctx, input),
		),

	calls: procedure("triggers:read", {
		rest: "GET /triggers/{triggerId}/calls",
		summary: "List what came of its last times.",
		risk: "read",
	})
		.input(ListCalls)
		.output(CallPage)
		.query(({ ctx, input }) => listCalls(ctx, input)),

	preview: procedure("triggers:read", {
		rest: "GET /next-times",
		summary: "Get when a schedule would be due.",
		risk: "read",
	})
		.input(PreviewTimes)
		.output(NextTimes)
		.query(({ input }) => previewTimes(input)),

	addSchedule: procedure("triggers:write", {
		rest: "POST /schedules",
		summary: "Let an agent be asked at certain times, for oneself.",
		created: "/triggers/{id}",
		risk: "write",
	})
		.input(AddSchedule)
		.output(Trigger)
		.mutation(({ ctx, input }) => addSchedule(ctx, input)),

	addWebhook: procedure("triggers:write", {
		rest: "POST /webhooks",
		summary: "Let an agent be asked by signed calls from outside, for oneself. Its secret is shown this once.",
		created: "/triggers/{trigger.id}",
		risk: "write",
		isSecret: true,
		stepUp: true,
	})
		.input(AddWebhook)
		.output(WebhookSecret)
		.mutation(({ ctx, input }) => addWebhook(ctx, input)),

	change: procedure("triggers:write", {
		revision: "basedOn",
		rest: "PATCH /triggers/{triggerId}",
		summary: "Change, pause or resume a schedule or a webhook.",
		risk: "write",
	})
		.input(ChangeTrigger)
		.output(Trigger)
		.mutation(({ ctx, input }) => changeTrigger(ctx, input)),

	rotate: procedure("triggers:write", {
		rest: "POST /triggers/{triggerId}/rotate",
		summary: "Give a webhook another secret, which is shown this once.",
		risk: "write",
		isSecret: true,
		stepUp: true,
	})
		.input(RotateWebhook)
		.output(WebhookSecret)
		.mutation(({ ctx, input }) => rotateWebhook(ctx, input)),

	start: procedure("triggers:write", {
		rest: "POST /triggers/{triggerId}/start",
		summary: "Start it now.",
		risk: "write",
		limit: "heavy",
	})
		.input(OneTrigger)
		.output(StartedRun.pick({ runId: true }))
		.mutation(({ ctx, input }) => startNow(ctx, input)),

	remove: procedure("triggers:write", {
		rest: "DELETE /triggers/{triggerId}",
		summary: "Remove a schedule or a webhook; the chats that it began stay.",
		risk: "write",
	})
		.input(OneTrigger)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeTrigger(ctx, input);
			return { done: true };
		}),
});
