import { z } from "zod";

export const OneAgentsAnswers = z.strictObject({ agentId: z.uuid() });
export type OneAgentsAnswers = z.infer<typeof OneAgentsAnswers>;

/** What an agent gives again, and what that came to. */
export const AnswerFigures = z.object({
	kept: z.int().describe("How many answers are kept for it by now."),
	hits: z.int().describe("How many of its runs were answered from them in the last 30 days."),
	similarHits: z.int().describe("How many of those were asked in other words."),
	savedTokens: z.int().describe("What the answers had taken that were given again in the last 30 days, in tokens."),
});
export type AnswerFigures = z.infer<typeof AnswerFigures>;

export const ClearedAnswers = z.object({ removed: z.int().describe("How many answers were forgotten.") });
export type ClearedAnswers = z.infer<typeof ClearedAnswers>;
