import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

const types = ["query", "mutation", "subscription"] as const;
export const risks = ["read", "write", "danger"] as const;
export const faces = ["rpc", "rest", "tool", "mcp"] as const;

export const ProcedureEntry = z.object({
	path: z.string().describe("Its name, such as `runs.start`."),
	type: z.enum(types).describe("Whether it asks, changes, or follows."),
	permission: z.string().nullable().describe("Null for open ones, which say why."),
	openBecause: z.string().nullable().describe("Why it needs no identity; null where it does."),
	risk: z.enum(risks).describe("What it can do: read, write, or harm."),
	limit: z.string(),
	stepUp: z.boolean().describe("A person has to prove again who they are."),
	faces: z.array(z.enum(faces)).describe("The ways in which it can be called."),
	summary: z.string().nullable().describe("What it does, in a sentence; null where only its name tells."),
	rest: z.string().nullable().describe("Method and path below /api/v1, such as `POST /runs`."),
	deprecated: z
		.object({
			since: z.string().describe("The day, such as `2026-11-25`."),
			sunset: z.string().optional().describe("From this day on it may answer no more."),
			instead: z.string().optional().describe("What to call instead, below /api/v1."),
		})
		.nullable()
		.describe("Since when its REST face is deprecated; null where it is not."),
	tool: z.string().nullable().describe("What it does, told to a model; null where agents can't call it."),
	calls: z.int().describe("Since this web process started."),
	failures: z.int().describe("How many of its calls were refused or failed since the web process started."),
	meanMs: z
		.number()
		.nullable()
		.describe("How long a call takes on the average, in milliseconds; null where there was none."),
});
export type ProcedureEntry = z.infer<typeof ProcedureEntry>;
export const ListProcedures = listOf(ProcedureEntry, {
	filter: {
		path: asks.name(100),
		type: asks.oneOf(types),
		permission: asks.text(100),
		risk: asks.oneOf(risks),
		faces: asks.oneOf(faces),
	},
	sort: ["path"],
});
export type ListProcedures = z.infer<typeof ListProcedures>;
export const ProcedurePage = pageOf(ProcedureEntry);

export const OneProcedure = z.strictObject({
	procedure: z.string().max(100).describe("Its name, such as `runs.start`."),
});
export type OneProcedure = z.infer<typeof OneProcedure>;
export const TryTool = OneProcedure.extend({
	agentId: z.uuid().describe("The agent as which it is called: one that the caller may ask."),
	input: z.record(z.string(), z.unknown()).default({}).describe("What the agent would send."),
});
export type TryTool = z.infer<typeof TryTool>;
/** What an agent would have got. */
export const TriedTool = z.object({
	code: z.string().describe("`OK`, or the code of the failure that the agent is told."),
	message: z.string().nullable().describe("What the agent is told of a failure."),
	answer: z.unknown().describe("The answer; null where it failed."),
});
export type TriedTool = z.infer<typeof TriedTool>;

/** One of those who called it last. */
export const ProcedureCaller = z.object({
	userId: z.uuid().describe("The person at the root of the call."),
	userName: z.string(),
	kind: z.string().describe("Whether they called themselves, or a key, agent or job of theirs did."),
	via: z.string(),
	calls: z.int().describe("How many calls of this kind they made in the last 30 days or more."),
	lastCode: z.string().describe("What the last call came to: `OK`, or the code of its failure."),
	lastAt: z.date().describe("When the last call was."),
});
export type ProcedureCaller = z.infer<typeof ProcedureCaller>;
export const ProcedureCallers = z.object({ rows: z.array(ProcedureCaller) });

const Schema = z.record(z.string(), z.unknown());
export const ProcedureDetail = ProcedureEntry.extend({
	input: Schema.describe("JSON Schema of its input."),
	output: Schema.describe("JSON Schema of its output."),
	example: z.unknown().describe("An input as somebody would send it."),
	isUpload: z.boolean().describe("It takes a file instead of JSON."),
	perMinute: z.int().describe("How many calls of its class one may make in a minute."),
});
export type ProcedureDetail = z.infer<typeof ProcedureDetail>;
