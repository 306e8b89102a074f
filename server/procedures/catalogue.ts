import type { AnyTRPCRouter } from "@trpc/server";
import { z } from "zod";
import { mayAskAgent } from "@/server/agents/service";
import { type Actor, actorUser } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listRows } from "@/server/core/list-rows";
import { callCounts } from "@/server/core/metrics";
import { fromJson } from "@/server/faces/rest/coerce";
import { exampleOf } from "@/server/faces/rest/openapi/examples";
import { contextForActor } from "@/server/trpc/context";
import { toAppError } from "@/server/trpc/failure";
import { createCallerFactory } from "@/server/trpc/init";
import { LateInput } from "@/server/trpc/late-input";
import { callsPerMinute } from "@/server/trpc/limits";
import type { ProcedureMeta } from "@/server/trpc/procedure";
import type { ListProcedures, OneProcedure, ProcedureDetail, ProcedureEntry, TriedTool, TryTool } from "./contract";

type Listed = { path: string; type: ProcedureEntry["type"]; meta: ProcedureMeta };

/** Every procedure of a router with what its definition says of it. */
export function listProcedures(router: AnyTRPCRouter): Listed[] {
	const known = listed.get(router);
	if (known) return known;
	const made = readProcedures(router);
	listed.set(router, made);
	return made;
}

/** Every call of a tool looks through them. */
const listed = new WeakMap<AnyTRPCRouter, Listed[]>();

function readProcedures(router: AnyTRPCRouter): Listed[] {
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

function describe({ path, type, meta }: Listed): ProcedureEntry {
	const seen = callCounts().get(path);
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
		deprecated: meta.rest?.deprecated ?? null,
		tool: meta.tool,
		calls: seen?.calls ?? 0,
		failures: seen?.failures ?? 0,
		meanMs: seen ? seen.totalMs / seen.calls : null,
	};
}

/** What the Procedures page shows: read off the definitions, so it can't be out of date. */
export const describeProcedures = (router: AnyTRPCRouter, input: ListProcedures) =>
	listRows(listProcedures(router).map(describe), input, {
		list: "procedures",
		filter: {
			path: ({ path }) => path,
			type: ({ type }) => type,
			permission: ({ permission }) => permission,
			risk: ({ risk }) => risk,
			faces: (entry) => entry.faces,
		},
		sort: { path: ({ path }) => path },
		id: ({ path }) => path,
	});

/** One of them, with its schemas and an input that they take. */
export function describeProcedure(router: AnyTRPCRouter, { procedure }: OneProcedure): ProcedureDetail {
	const found = listProcedures(router).find(({ path }) => path === procedure);
	if (!found) throw notFound("This procedure");
	const { input, output, isUpload, limit } = found.meta;
	const schema = describeSchema(input);
	return {
		...describe(found),
		input: schema,
		output: describeSchema(output),
		example: isUpload ? null : exampleOf(schema, (schema.$defs ?? {}) as Record<string, unknown>),
		isUpload,
		perMinute: callsPerMinute(limit),
	};
}

/** Calls it as an agent would on the caller's behalf. There is no run: the request stands for it in the audit. */
export async function tryTool(
	ctx: ServiceContext,
	router: AnyTRPCRouter,
	{ procedure, agentId, input }: TryTool,
): Promise<TriedTool> {
	const found = listProcedures(router).find(({ path }) => path === procedure);
	if (!found?.meta.tool) throw notFound("This tool");
	const person = actorUser(ctx.actor);
	if (!person || ctx.actor.kind === "agent" || ctx.actor.kind === "job" || ctx.actor.kind === "anonymous")
		throw new AppError("FORBIDDEN", "Only a person or their program can try a tool.");
	if (!(await mayAskAgent(ctx.db.orm, person, agentId))) throw notFound("This agent");
	if (found.meta.risk !== "read")
		throw new AppError("CONFLICT", "An agent changes things within a run only: ask it in a conversation.");
	const actor: Actor = { kind: "agent", agentId, runId: ctx.requestId, onBehalfOf: ctx.actor };
	const call = {
		db: ctx.db,
		requestId: ctx.requestId,
		via: "tool" as const,
		...(ctx.signal ? { signal: ctx.signal } : {}),
	};
	// The path came from the router itself, so it leads to a function of the caller.
	const tool = procedure
		.split(".")
		.reduce<unknown>(
			(at, name) => Reflect.get(Object(at), name),
			createCallerFactory(router)(contextForActor(actor, call)),
		) as (input: unknown) => Promise<unknown>;
	await audit(ctx, ctx.db.orm, {
		action: "tool.try",
		resource: "procedure",
		resourceId: procedure,
		detail: { agentId },
	});
	try {
		return { code: "OK", message: null, answer: await tool(new LateInput(() => fromJson(found.meta.input, input))) };
	} catch (error) {
		const failure = toAppError(error);
		return { code: failure.code, message: failure.message, answer: null };
	}
}
