import { createHash } from "node:crypto";
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js";
import { and, eq, sql } from "drizzle-orm";
import { mcpServers, mcpTools } from "@/db/schema";
import { demandsOf, onceOutside, withApproval } from "@/server/approvals/service";
import { hasProvedLately } from "@/server/auth/service";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { cleanText } from "@/server/core/mask";
import { callTool } from "../connection";
import { type CallRemote, mostArgumentBytes, mostResultChars, type RemoteResult } from "../contract";
import { targetOf } from "../target";
import { isUsable } from "./read";

type Tool = typeof mcpTools.$inferSelect;
type Found = { tool: Tool; server: typeof mcpServers.$inferSelect };

/** The one procedure that stands for all tools of others. */
const procedure = "remotes.callTool";

/** Calls somebody else's tool. What is on, and may be used, is looked up at this moment; so is what the tool is. */
export async function callRemote(ctx: ServiceContext, input: CallRemote): Promise<RemoteResult> {
	const { arguments: given } = input;
	const text = toJson(given);
	if (Buffer.byteLength(text) > mostArgumentBytes)
		throw new AppError("TOO_LARGE", "A tool of others takes at most 64 KB.");
	const [found] = await ctx.db.orm
		.select({ tool: mcpTools, server: mcpServers })
		.from(mcpTools)
		.innerJoin(mcpServers, eq(mcpServers.id, mcpTools.serverId))
		.where(and(eq(mcpTools.alias, input.tool), isUsable(ctx)));
	if (!found) throw notFound("This tool");
	const leave = () => needLeave(ctx, found, input);
	const work = () => send(ctx, found, { given, text });
	// A person's or a program's call is as often made as it is sent; an agent's by its id.
	if (ctx.actor.kind === "agent") return onceOutside(ctx, { tool: procedure, input }, { leave, work });
	await leave();
	return work();
}

async function send(
	ctx: ServiceContext,
	{ tool, server }: Found,
	{ given, text }: { given: Record<string, unknown>; text: string },
): Promise<RemoteResult> {
	const fact = {
		action: "mcp-tool.call",
		resource: "mcpTool",
		resourceId: tool.id,
		detail: {
			tool: tool.alias,
			server: server.name,
			risk: tool.risk,
			digest: createHash("sha256").update(text).digest("hex"),
		},
	};
	// Before it goes out: what can't be written down is not done.
	await audit(ctx, ctx.db.orm, fact);
	try {
		const answer = await callTool(targetOf(ctx, server), tool, given);
		if (answer) return toResult(answer);
	} catch (error) {
		const reason = error instanceof AppError ? error.message : "It failed";
		await audit(ctx, ctx.db.orm, { ...fact, outcome: "failed", reason });
		throw error;
	}
	await turnOff(ctx, tool);
	throw new AppError(
		"CONFLICT",
		"The server has changed this tool since it was looked at: it is off until an administrator looks at it again.",
	);
}

/** What a model asks for waits for a second person; a person in the console proves who they are. Keys are bound by their scopes. */
async function needLeave(ctx: ServiceContext, { tool, server }: Found, input: CallRemote): Promise<void> {
	const { actor, toolCall } = ctx;
	const isModel = ctx.via === "mcp" || ctx.via === "tool";
	const agentId = actor.kind === "agent" ? actor.agentId : null;
	const demands = isModel && tool.risk !== "read" ? await demandsOf(ctx.db.orm, { tool: procedure, agentId }) : null;
	if (tool.risk !== "danger" && !toolCall?.needsApproval && demands === null) return;
	if (!isModel) {
		if (actor.kind === "user" && actor.sessionId !== null && !(await hasProvedLately(ctx.db, actor.sessionId)))
			throw new AppError("PROOF_NEEDED", "This tool is dangerous: prove first who you are.");
		return;
	}
	let isMine = false;
	const call = {
		tool: procedure,
		// Another definition, another server or another risk is another call.
		version: tool.hash.slice(0, 16),
		risk: tool.risk,
		permission: "mcp-tools:use" as const,
		input,
		callId: toolCall?.id ?? null,
		demands,
		read: () => {
			throw new AppError("CONFLICT", "What another server is asked can't be tried out, and so not be changed.");
		},
		effect: async () =>
			`Calls the tool ${tool.name} of the server ${server.name}, outside of this installation. What it does there can't be tried out.`,
	};
	// The approval is used up before the call goes out: it is made at most once, whatever happens on the way.
	await withApproval(ctx, call, async () => {
		isMine = true;
		return null;
	});
	if (!isMine)
		throw new AppError("CONFLICT", "What was approved has been done already. Change the call, or ask again later.");
}

async function turnOff(ctx: ServiceContext, tool: Tool): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		await tx.update(mcpTools).set({ isEnabled: false, changedAt: sql`now()` }).where(eq(mcpTools.id, tool.id));
		await audit(ctx, tx, {
			action: "mcp-tool.changed",
			resource: "mcpTool",
			resourceId: tool.id,
			outcome: "denied",
			reason: "Its definition is another than the one that was looked at",
			detail: { tool: tool.alias },
		});
	});
}

function toJson(value: unknown): string {
	try {
		return JSON.stringify(value);
	} catch (cause) {
		throw new AppError("INVALID_INPUT", "The arguments hold what JSON has no word for.", { cause });
	}
}

function toResult(answer: CallToolResult): RemoteResult {
	const texts = answer.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
	const structured = texts.length === 0 && answer.structuredContent ? [JSON.stringify(answer.structuredContent)] : [];
	const text = cleanText([...texts, ...structured].join("\n"));
	const isCut = text.length > mostResultChars || texts.length < answer.content.length;
	return { text: text.slice(0, mostResultChars).toWellFormed(), isError: answer.isError === true, isCut };
}
