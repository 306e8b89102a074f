import { z } from "zod";

export const HealthPart = z.object({
	name: z.string(),
	state: z
		.enum(["well", "idle", "ill"])
		.describe("`idle`: does its work, but something that people may expect is not set up."),
	detail: z.string().describe("What is so, in a sentence."),
});
export type HealthPart = z.infer<typeof HealthPart>;
export const Health = z.object({ isReady: z.boolean(), parts: z.array(HealthPart), version: z.string(), at: z.date() });
export type Health = z.infer<typeof Health>;

const CacheCounts = z.object({
	process: z.string().describe("Which process it belongs to: `web`, or a worker by its id."),
	name: z.string(),
	hits: z.int().describe("How often something was there, or was being found out already."),
	misses: z.int().describe("How often it had to be found out."),
	entries: z.int().describe("How many answers it holds."),
});
const CallCounts = z.object({
	procedure: z.string().describe("The procedure's name."),
	calls: z.int().describe("Since this web process started."),
	failures: z.int().describe("How many of them were refused or failed."),
	seconds: z.number().describe("How long they took together."),
});
/** What this web process and the workers have counted since they started. */
export const Metrics = z.object({
	startedAt: z.date(),
	residentBytes: z.int().describe("Memory of this web process."),
	caches: z.array(CacheCounts).describe("What is remembered instead of found out anew."),
	calls: z.array(CallCounts).describe("What was called."),
});
export type Metrics = z.infer<typeof Metrics>;
