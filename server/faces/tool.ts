import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { TRPCError } from "@trpc/server";
import type { Database } from "@/db/connection";
import { mayPersonAsk } from "@/server/agents/service";
import { findStanding, type Refusal, refusalTexts, type Standing } from "@/server/auth/principal";
import type { Actor, Cause } from "@/server/core/actor";
import { AppError, notFound } from "@/server/core/errors";
import { inSpan } from "@/server/core/spans";
import { contextForActor } from "@/server/trpc/context";
import { type AppRouter, createCaller } from "@/server/trpc/root";
import { callByName, proceduresByName } from "./call";

/** Nobody stands behind the run any more. */
export class NoLeave extends AppError {
	constructor(readonly refusal: Refusal) {
		super("UNAUTHENTICATED", refusalTexts[refusal]);
	}
}

/** In which run an agent calls, and for whom. */
export type ToolContext = {
	db: Database;
	agentId: string;
	runId: string;
	/** Whom it works for, and what that person started it with. */
	cause: Cause;
	requestId: string;
	signal: AbortSignal;
};

/** The person was let ask this agent when the run began, and is not any more. */
export class AgentRevoked extends AppError {
	constructor() {
		super("FORBIDDEN", "You may no longer ask this agent.");
	}
}

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;
type Split<Name extends string> = Name extends `${infer Feature}.${infer Verb}` ? [Feature, Verb] : never;
type At<Tree, Path> = Path extends [infer Feature extends keyof Tree, infer Verb]
	? Verb extends keyof Tree[Feature]
		? Tree[Feature][Verb]
		: never
	: never;
export type ToolName = {
	[Feature in keyof Inputs & string]: `${Feature}.${keyof Inputs[Feature] & string}`;
}[keyof Inputs & string];

type Leave = { standing: Standing; mayAsk: boolean };

/** Who acts, with the rights of this moment. Throws where nobody stands behind the run any more, or may not ask this agent. */
export async function agentNow(
	{ db, cause, agentId, runId }: ToolContext,
	/** Where that was just read. */
	known?: Leave,
): Promise<Actor> {
	const { standing, mayAsk } = known ?? (await readLeave(db, cause, agentId));
	const { principal: onBehalfOf, refusal } = standing;
	if (!onBehalfOf) throw new NoLeave(refusal);
	if (!mayAsk) throw new AgentRevoked();
	return { kind: "agent", agentId, runId, onBehalfOf };
}

async function readLeave(db: Database, cause: Cause, agentId: string): Promise<Leave> {
	const [standing, mayAsk] = await Promise.all([findStanding(db, cause), mayPersonAsk(db.orm, cause.userId, agentId)]);
	return { standing, mayAsk };
}

/**
 * Calls a procedure as an agent: through the same gate, with the rights that the person behind it has at this moment.
 * Only procedures with a tool face can be called.
 */
export async function callTool<Name extends ToolName>(
	tool: ToolContext,
	name: Name,
	input: At<Inputs, Split<Name>>,
	/** Where that was just found out. */
	known?: Actor,
): Promise<At<Outputs, Split<Name>>> {
	const procedure = proceduresByName()[name];
	if (!procedure?._def.meta?.tool) throw notFound("This tool");
	const { db, requestId, signal } = tool;
	const actor = known ?? (await agentNow(tool));
	const caller = createCaller(contextForActor(actor, { db, requestId, via: "tool", signal }));
	try {
		return await inSpan({ kind: "tool", name }, () => callByName(caller, name, input));
	} catch (error) {
		// The gate wraps its failures for the wire; here their reader is our own code.
		throw error instanceof TRPCError && error.cause instanceof AppError ? error.cause : error;
	}
}
