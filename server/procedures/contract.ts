import { z } from "zod";

export const ProcedureEntry = z.object({
	path: z.string(),
	type: z.enum(["query", "mutation", "subscription"]),
	/** Null for open ones, which say why. */
	permission: z.string().nullable(),
	openBecause: z.string().nullable(),
	risk: z.enum(["read", "write", "danger"]),
	limit: z.string(),
	/** A person has to prove again who they are. */
	stepUp: z.boolean(),
	faces: z.array(z.enum(["rpc", "rest", "tool", "mcp"])),
	/** What it does, in a sentence; null where only its name tells. */
	summary: z.string().nullable(),
	/** Method and path below /api/v1, such as `POST /runs`. */
	rest: z.string().nullable(),
	tool: z.string().nullable(),
	/** JSON Schema of its input and output. */
	input: z.record(z.string(), z.unknown()),
	output: z.record(z.string(), z.unknown()),
	/** Since this web process started. */
	calls: z.int(),
	failures: z.int(),
	meanMs: z.number().nullable(),
});
export type ProcedureEntry = z.infer<typeof ProcedureEntry>;
export const ProcedureList = z.object({ rows: z.array(ProcedureEntry) });
