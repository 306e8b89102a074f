import type { CallToolResult, Tool } from "@modelcontextprotocol/sdk/types.js";
import { TRPCError } from "@trpc/server";
import { ApprovalNeeded, approvalUrl } from "@/server/approvals/service";
import { type Actor, actorMay } from "@/server/core/actor";
import { describeSchema, listProcedures } from "@/server/procedures/catalogue";
import { toAppError } from "@/server/trpc/failure";
import type { RequestContext } from "@/server/trpc/init";
import { LateInput } from "@/server/trpc/late-input";
import type { ProcedureMeta } from "@/server/trpc/procedure";
import { appRouter, createCaller } from "@/server/trpc/root";
import { callByName } from "../call";
import { fromJson } from "../rest/coerce";
import { failureText } from "./failure";
import { callRemoteTool, isRemote } from "./remote-tools";

type Offered = { path: string; meta: ProcedureMeta & { tool: string } };

/** `knowledge.search` is called knowledge_search: clients take letters, digits, _ and - only. */
const nameOf = (path: string): string => path.replaceAll(".", "_");

/** Procedures with a tool face. */
const tools = (): Offered[] =>
	listProcedures(appRouter).filter((one): one is typeof one & Offered => one.meta.tool !== null);

/** Those that the caller may use at this moment; others are not even named. */
const offered = (actor: Actor): Offered[] =>
	tools().filter(({ meta }) => meta.permission !== null && actorMay(actor, meta.permission));

export function listTools(actor: Actor): Tool[] {
	return offered(actor).map(({ path, meta }) => ({
		name: nameOf(path),
		title: meta.summary ?? path,
		description: meta.tool,
		// Every input is an object: a check holds that.
		inputSchema: describeSchema(meta.input) as Tool["inputSchema"],
		annotations: {
			readOnlyHint: meta.risk === "read",
			destructiveHint: meta.risk === "danger",
			idempotentHint: meta.risk === "read",
			openWorldHint: false,
		},
	}));
}

const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });

/** Through the gate, like every other call. What goes wrong is told to the model in words that it can act on. */
export async function callTool(
	ctx: RequestContext,
	{ name, arguments: input = {} }: { name: string; arguments?: Record<string, unknown> | undefined },
): Promise<CallToolResult> {
	// Who may not use it hears so from the gate, which writes it down, as through every other face.
	const tool = tools().find(({ path }) => nameOf(path) === name);
	if (!tool && !isRemote(name)) return { ...text(`There is no tool ${name.slice(0, 80)}.`), isError: true };
	try {
		if (!tool) return await callRemoteTool(ctx, name, input);
		const late = new LateInput(() => fromJson(tool.meta.input, input));
		return text(JSON.stringify(await callByName<unknown>(createCaller(ctx), tool.path, late)));
	} catch (failure) {
		const waits = waitingFor(failure);
		if (waits) return waits;
		return { ...text(failureText(failure, ctx.requestId)), isError: true };
	}
}

/** Not a failure: the call was written down, and the same call ends it once a person has decided. */
function waitingFor(failure: unknown): CallToolResult | null {
	const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
	if (!(error instanceof ApprovalNeeded)) return null;
	const { id, effect, expiresAt, needsSecond, otherDeciders } = error.approval;
	const facts = {
		status: "waits for approval",
		approvalId: id,
		url: approvalUrl(id),
		effect,
		expiresAt: expiresAt.toISOString(),
		needsSecond,
		otherDeciders,
	};
	return { ...text(error.message), structuredContent: facts };
}
