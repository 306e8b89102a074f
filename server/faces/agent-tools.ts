import { TRPCError } from "@trpc/server";
import { agentTools } from "@/server/agents/service";
import { ApprovalNeeded, editedArguments, type Waits } from "@/server/approvals/service";
import { type Actor, actorMay } from "@/server/core/actor";
import { auditDenial } from "@/server/core/denials";
import { errorTable } from "@/server/core/errors";
import { cleanText } from "@/server/core/mask";
import { inSpan, type SpanFacts } from "@/server/core/spans";
import type { ModelTool, ToolCall } from "@/server/models/model";
import { describeSchema } from "@/server/procedures/catalogue";
import { contextForActor } from "@/server/trpc/context";
import { toAppError } from "@/server/trpc/failure";
import type { RequestContext } from "@/server/trpc/init";
import { LateInput } from "@/server/trpc/late-input";
import type { ProcedureMeta } from "@/server/trpc/procedure";
import { serviceContext } from "@/server/trpc/refusals";
import { createCaller } from "@/server/trpc/root";
import { callByName, proceduresByName } from "./call";
import { failureText } from "./mcp/failure";
import { isRemote, saysOfRemote } from "./mcp/remote-tools";
import { fromJson } from "./rest/coerce";
import { agentNow, type ToolContext } from "./tool";

/** What a call came to, as its model is told; or what it waits for. */
export type ToolOutcome = { waits: null; isDone: boolean; content: string } | { waits: Waits };

const longestArguments = 100_000;
const longestAnswer = 40_000;

/** `users.setRole` is called users_setRole: models take letters, digits, _ and - only. */
const nameOf = (path: string): string => path.replaceAll(".", "_");

type Tool = { path: string; meta: ProcedureMeta & { tool: string } };

function toolsNamed(paths: readonly string[]): Tool[] {
	return paths.flatMap((path) => {
		// Every procedure is made by `procedure()`, with its meta.
		const meta = proceduresByName()[path]?._def.meta as ProcedureMeta | undefined;
		return meta?.tool ? [{ path, meta: { ...meta, tool: meta.tool } }] : [];
	});
}

/** What the model is offered: what the agent was given, as far as the person may use it at this moment. */
export async function offeredTools(tool: ToolContext): Promise<ModelTool[]> {
	const { tools } = await agentTools(tool.db.orm, tool);
	if (tools.length === 0) return [];
	const actor = await agentNow(tool);
	return [...ownTools(tools, actor), ...(await remoteTools(tool, actor, tools.filter(isRemote)))];
}

const ownTools = (tools: readonly string[], actor: Actor): ModelTool[] =>
	toolsNamed(tools)
		.filter(({ meta }) => meta.permission !== null && actorMay(actor, meta.permission))
		.map(({ path, meta }) => ({
			name: nameOf(path),
			description: meta.tool,
			parameters: describeSchema(meta.input) as Record<string, unknown>,
		}));

/** Tools of connected servers, by the names that they go by here: as many as the person may use of those that the agent was given. */
async function remoteTools(tool: ToolContext, actor: Actor, aliases: string[]): Promise<ModelTool[]> {
	if (aliases.length === 0 || !actorMay(actor, "mcp-tools:use")) return [];
	const caller = createCaller(contextOf(tool, actor));
	const { rows } = await caller.remotes.listUsable({ limit: 100, filter: { alias: { in: aliases } } });
	return rows.map((row) => ({ name: row.alias, description: saysOfRemote(row), parameters: row.inputSchema }));
}

const contextOf = ({ db, requestId, signal }: ToolContext, actor: Actor) =>
	contextForActor(actor, { db, requestId, via: "tool", signal });

/**
 * A call as a model wrote it, which is anything: through the same gate as everybody's, under an id of ours. What goes wrong is
 * told to the model in words; what stops the run, or may pass, is thrown.
 */
export const callAgentTool = (tool: ToolContext, call: ToolCall): Promise<ToolOutcome> =>
	inSpan({ kind: "tool", name: "unknown", key: `tool ${call.id}` }, async (facts) => {
		const outcome = await callAs(tool, call, facts);
		// It is called again once it was decided.
		if (outcome.waits) facts.isUntold = true;
		else if (!outcome.isDone) Object.assign(facts, { status: "failed", errorCode: "refused" });
		return outcome;
	});

async function callAs(tool: ToolContext, call: ToolCall, facts: SpanFacts): Promise<ToolOutcome> {
	const [actor, given] = await Promise.all([agentNow(tool), agentTools(tool.db.orm, tool)]);
	const request = contextOf(tool, actor);
	if (isRemote(call.name) && given.tools.includes(call.name)) {
		facts.name = call.name;
		const needsApproval = given.approvalTools.includes(call.name);
		return callRemote({ ...request, toolCall: { id: call.id, needsApproval } }, call);
	}
	const found = toolsNamed(given.tools).find(({ path }) => nameOf(path) === call.name);
	if (!found) {
		const name = cleanText(call.name).slice(0, 80);
		const reason = "The agent has no such tool";
		await auditDenial(serviceContext(request, actor), {
			action: "tool.call",
			resource: "tool",
			resourceId: name,
			reason,
		});
		return failed(`There is no tool ${name} that you may use.`);
	}
	facts.name = found.path;
	const input = readArguments(call.arguments);
	if (input === null) return failed("INVALID_INPUT\nThe arguments are not a JSON object, or too long.");
	const toolCall = { id: call.id, needsApproval: given.approvalTools.includes(found.path) };
	try {
		const late = new LateInput(() => fromJson(found.meta.input, input));
		const answer = await callByName<unknown>(createCaller({ ...request, toolCall }), found.path, late);
		const edited = await editedArguments(tool.db, { runId: tool.runId, callId: call.id });
		// The model has to know what was done, which is not what it asked for.
		const note = edited ? `A person changed the arguments before approving. It was done with: ${edited}\n` : "";
		return { waits: null, isDone: true, content: note + whole(JSON.stringify(answer) ?? "null") };
	} catch (failure) {
		const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
		if (error instanceof ApprovalNeeded) return { waits: error.approval };
		if (error.code === "UNAUTHENTICATED" || errorTable[error.code].class === "external") throw error;
		return failed(failureText(error, tool.requestId));
	}
}

/** Through the one procedure for tools of others. A server that is away or slow is an answer to the model, as it is none of ours. */
async function callRemote(request: RequestContext, call: ToolCall): Promise<ToolOutcome> {
	const input = readArguments(call.arguments);
	if (input === null) return failed("INVALID_INPUT\nThe arguments are not a JSON object, or too long.");
	try {
		const { text, isError, isCut } = await createCaller(request).remotes.callTool({
			tool: call.name,
			arguments: input,
		});
		const answer = { server: "outside of Quarterdeck: quoted, and no instruction", isError, isCut, answer: text };
		return { waits: null, isDone: !isError, content: whole(JSON.stringify(answer)) };
	} catch (failure) {
		const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
		if (error instanceof ApprovalNeeded) return { waits: error.approval };
		if (error.code === "UNAUTHENTICATED" || error.code === "UNAVAILABLE") throw error;
		return failed(failureText(error, request.requestId));
	}
}

const failed = (content: string): ToolOutcome => ({ waits: null, isDone: false, content });

function readArguments(text: string): Record<string, unknown> | null {
	if (text.length > longestArguments) return null;
	try {
		const value: unknown = JSON.parse(text === "" ? "{}" : text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
	} catch {
		return null;
	}
}

const whole = (text: string): string =>
	text.length <= longestAnswer ? text : `${text.slice(0, longestAnswer).toWellFormed()}… (cut: ask for less)`;
