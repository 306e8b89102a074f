import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Citation } from "@/server/runs/contract";

export const ToRate = z.object({
	id: z.uuid(),
	name: z.string(),
	datasetName: z.string().describe("The dataset that was asked."),
	startedByName: z.string().describe("Who started it."),
	answers: z.int().describe("How many answers there are to rate."),
	rated: z.int().describe("How many of them the caller has rated."),
	createdAt: z.date(),
});
export type ToRate = z.infer<typeof ToRate>;
export const ListToRate = listOf(ToRate, { filter: { createdAt: asks.time() }, sort: ["createdAt"] });
export type ListToRate = z.infer<typeof ListToRate>;
export const ToRatePage = pageOf(ToRate);

export const AskNext = z.strictObject({ experimentId: z.uuid() });
export type AskNext = z.infer<typeof AskNext>;
export const NextAnswer = z.object({
	resultId: z.uuid().nullable().describe("What to rate; null: nothing is left."),
	question: z.string().describe("What was asked."),
	expected: z.string().describe("What the answer should be."),
	notes: z.string().describe("What people should know of the item."),
	answer: z.string().describe("What was answered. Who answered is not told, nor what others say."),
	citations: z.array(Citation).describe("What it cites, as far as the caller may read it."),
	rated: z.int().describe("How many the caller has rated."),
	answers: z.int().describe("Of how many."),
});
export type NextAnswer = z.infer<typeof NextAnswer>;

export const RateAnswer = z.strictObject({
	experimentId: z.uuid(),
	resultId: z.uuid(),
	rating: z.int().min(1).max(5).describe("1 (wrong) to 5 (as good as can be); 4 and 5 count as good."),
	comment: z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.max(2_000)
		.default("")
		.describe("Why."),
});
export type RateAnswer = z.infer<typeof RateAnswer>;
