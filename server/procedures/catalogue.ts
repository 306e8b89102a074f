import type { AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";
import { callCounts } from "@/server/core/metrics";
import type { ProcedureMeta } from "@/server/trpc/procedure";
import type { ProcedureEntry } from "./contract";

type Listed = { path: string; type: ProcedureEntry["type"]; meta: ProcedureMeta };

/** Every procedure of a router with what its definition says of it. */
export function listProcedures(router: AnyTRPCRouter): Listed[] {
	return Object.entries(router._def.procedures).map(([path, one]) => {
		// tRPC types the record as unknown; each entry is a procedure that `procedure()` made, with its meta.
		const { type, meta } = (one as { _def: { type: ProcedureEntry["type"]; meta: ProcedureMeta } })._def;
		return { path, type, meta };
	});
}

/** A schema as JSON Schema, as a caller writes it. */
export const describeSchema = (schema: z.ZodType) =>
	z.toJSONSchema(schema, {
		unrepresentable: "any",
		io: "input",
		override: ({ zodSchema, jsonSchema }) => {
			if (zodSchema._zod.def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
		},
	});

/** What the Procedures page shows: read off the definitions, so it can't be out of date. */
export function describeProcedures(router: AnyTRPCRouter): ProcedureEntry[] {
	const counts = callCounts();
	return listProcedures(router).map(({ path, type, meta }) => {
		const seen = counts.get(path);
		return {
			path,
			type,
			permission: meta.permission,
			openBecause: meta.openBecause,
			risk: meta.risk,
			limit: meta.limit,
			stepUp: meta.stepUp,
			faces: ["rpc", ...(meta.rest ? (["rest"] as const) : []), ...(meta.tool ? (["tool", "mcp"] as const) : [])],
			summary: meta.summary,
			rest: meta.rest ? `${meta.rest.method} ${meta.rest.path}` : null,
			tool: meta.tool,
			input: describeSchema(meta.input),
			output: describeSchema(meta.output),
			calls: seen?.calls ?? 0,
			failures: seen?.failures ?? 0,
			meanMs: seen ? seen.totalMs / seen.calls : null,
		};
	});
}
