import type { FeedbackReason, Thumb } from "@/server/feedback/contract";

export const thumbWords = { up: "Good", down: "Bad" } as const satisfies Record<Thumb, string>;
export const reasonWords = {
	correct: "It is right",
	complete: "It says all that matters",
	clear: "It is clear",
	wrong: "It is wrong",
	incomplete: "Something is missing",
	outdated: "It is out of date",
	wrong_source: "Its source doesn't say that",
	not_answered: "It doesn't answer the question",
	unclear: "It is hard to understand",
	other: "Something else",
} as const satisfies Record<FeedbackReason, string>;
