import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const jobStates = ["queued", "running", "parked", "completed", "failed", "cancelled"] as const;
export const JobState = z.enum(jobStates);
export const JobRun = z.object({
	id: z.string(),
	functionId: z.string(),
	state: JobState,
	waitingFor: z
		.string()
		.nullable()
		.describe(
			"Why it waits, where it does: its place in the queue, the key it waits for and who holds it, until when it sleeps.",
		),
	error: z.string().nullable(),
	attempts: z.int().describe("Calls of the function so far, whatever they came to."),
	createdAt: z.date(),
	startedAt: z.date().nullable(),
	endedAt: z.date().nullable(),
});
export type JobRun = z.infer<typeof JobRun>;
export const ListJobs = listOf(JobRun, {
	filter: { state: asks.oneOf(jobStates), functionId: asks.text(100), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListJobs = z.infer<typeof ListJobs>;
export const JobPage = pageOf(JobRun);
export type JobPage = z.infer<typeof JobPage>;
export const OneJob = z.strictObject({ jobRunId: z.string().min(1).max(100) });
export type OneJob = z.infer<typeof OneJob>;
export const JobAttempt = z.object({
	attempt: z.int(),
	state: z.enum(["completed", "errored", "failed", "lost"]),
	error: z.string().nullable(),
	ms: z.int().nullable(),
	at: z.date(),
});
export type JobAttempt = z.infer<typeof JobAttempt>;
/** A step, or the function around its steps (`op` is then `Function`). */
export const JobStep = z.object({
	id: z.string(),
	name: z.string(),
	op: z.string(),
	state: z.string(),
	attempts: z.array(JobAttempt),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
});
export type JobStep = z.infer<typeof JobStep>;
export const JobDetail = z.object({ run: JobRun, steps: z.array(JobStep) });
export type JobDetail = z.infer<typeof JobDetail>;
export const JobsOverview = z.object({
	engine: z.enum(["embedded", "inngest"]),
	ready: z.int(),
	oldestReadySeconds: z
		.number()
		.nullable()
		.describe("Seconds that the oldest ready job has waited; null where none waits."),
	running: z.int().describe("Calls being executed now."),
	blocked: z.int().describe("Calls that wait for room under a concurrency key: starved, not failed."),
	failed: z.int(),
	parked: z.int(),
	workers: z.array(
		z.object({
			id: z.string(),
			pid: z.int(),
			rssMb: z.int(),
			heapMb: z.int(),
			startedAt: z.date(),
			beatAt: z.date(),
			isAlive: z.boolean(),
		}),
	),
	crons: z.array(z.object({ functionId: z.string(), cron: z.string(), lastAt: z.date().nullable(), nextAt: z.date() })),
});
export type JobsOverview = z.infer<typeof JobsOverview>;
