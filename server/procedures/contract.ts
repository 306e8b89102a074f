import { z } from "zod";

export const ProcedureEntry = z.object({
	path: z.string(),
	type: z.enum(["query", "mutation", "subscription"]),
	permission: z.string().nullable().describe("Null for open ones, which say why."),
	openBecause: z.string().nullable(),
	risk: z.enum(["read", "write", "danger"]),
	limit: z.string(),
	stepUp: z.boolean().describe("A person has to prove again who they are."),
	faces: z.array(z.enum(["rpc", "rest", "tool", "mcp"])),
	summary: z.string().nullable().describe("What it does, in a sentence; null where only its name tells."),
	rest: z.string().nullable().describe("Method and path below /api/v1, such as `POST /runs`."),
	tool: z.string().nullable(),
	input: z.record(z.string(), z.unknown()).describe("JSON Schema of its input and output."),
	output: z.record(z.string(), z.unknown()),
	calls: z.int().describe("Since this web process started."),
	failures: z.int(),
	meanMs: z.number().nullable(),
});
export type ProcedureEntry = z.infer<typeof ProcedureEntry>;
export const ProcedureList = z.object({ rows: z.array(ProcedureEntry) });
