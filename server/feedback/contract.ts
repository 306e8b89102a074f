import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Citation, OneRun } from "@/server/runs/contract";

export const thumbs = ["up", "down"] as const;
export const Thumb = z.enum(thumbs).describe("Whether the answer was of use.");
export type Thumb = z.infer<typeof Thumb>;
/** What one can say of an answer, by the thumb that it goes with. */
export const reasonsOf = {
	up: ["correct", "complete", "clear"],
	down: ["wrong", "incomplete", "outdated", "wrong_source", "not_answered", "unclear", "other"],
} as const satisfies Record<Thumb, readonly string[]>;
export const feedbackReasons = [...reasonsOf.up, ...reasonsOf.down] as const;
export const FeedbackReason = z.enum(feedbackReasons).describe("Why, from a closed list; each goes with one thumb.");
export type FeedbackReason = z.infer<typeof FeedbackReason>;
const Correction = z.string().nullable().describe("What the answer should have said; null where that was left out.");

export const OwnFeedback = z.object({
	id: z.uuid(),
	thumb: Thumb,
	reason: FeedbackReason.nullable(),
	correction: Correction,
	updatedAt: z.date(),
});
export type OwnFeedback = z.infer<typeof OwnFeedback>;
export const GiveFeedback = OneRun.extend({
	thumb: Thumb,
	reason: FeedbackReason.nullable().default(null),
	correction: z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.max(4_000, "A correction has at most 4,000 characters.")
		.nullable()
		.default(null)
		.describe("What the answer should have said."),
});
export type GiveFeedback = z.infer<typeof GiveFeedback>;

export const Feedback = z.object({
	id: z.uuid(),
	runId: z.uuid(),
	agentId: z.uuid(),
	agentName: z.string(),
	userName: z.string(),
	thumb: Thumb,
	reason: FeedbackReason.nullable(),
	correction: Correction,
	question: z
		.string()
		.nullable()
		.describe(
			"What was asked; null where somebody else's chat is neither theirs who said this nor shared with the caller.",
		),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Feedback = z.infer<typeof Feedback>;
export const ListFeedback = listOf(Feedback, {
	filter: {
		agentId: asks.id(),
		thumb: asks.oneOf(thumbs),
		reason: asks.oneOf(feedbackReasons),
		updatedAt: asks.time(),
	},
	sort: ["updatedAt"],
});
export type ListFeedback = z.infer<typeof ListFeedback>;
export const FeedbackPage = pageOf(Feedback);
export const OneFeedback = z.strictObject({ feedbackId: z.uuid() });
export type OneFeedback = z.infer<typeof OneFeedback>;
export const FeedbackWithAnswer = Feedback.extend({
	answer: z.string().nullable(),
	citations: z.array(Citation),
	model: z.string().nullable().describe("The model that answered."),
	threadId: z.uuid().nullable().describe("The chat, where the caller may read it."),
});
export type FeedbackWithAnswer = z.infer<typeof FeedbackWithAnswer>;
