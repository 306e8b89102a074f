import { and, eq, isNull, notInArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { mcpServers, mcpTools } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { type Definition, type Listing, listTools } from "../connection";
import { type OneRemote, type RemoteDetail, separator } from "../contract";
import { type ServerRow, targetOf } from "../target";
import { getRemote, isManaged } from "./read";

/** Asks the server what it offers. A tool that is another than before is off until somebody has looked at it. */
export async function refreshRemote(ctx: ServiceContext, { serverId }: OneRemote): Promise<RemoteDetail> {
	const isIt = and(eq(mcpServers.id, serverId), isManaged(ctx));
	const [server] = await ctx.db.orm.select().from(mcpServers).where(isIt);
	if (!server) throw notFound("This server");
	const found = await listTools(targetOf(ctx, server)).catch((error: unknown) => {
		if (error instanceof AppError) return error;
		throw error;
	});
	await ctx.db.transaction(async (tx) => {
		// Another address was entered while this one was asked: what it said is no news of that one.
		const [held] = await tx.select().from(mcpServers).where(eq(mcpServers.id, serverId)).for("update");
		if (!held || held.tokenVersion !== server.tokenVersion) return;
		if (found instanceof AppError) {
			const problem = found.message.slice(0, 500);
			await tx.update(mcpServers).set({ checkedAt: sql`now()`, problem }).where(eq(mcpServers.id, serverId));
			await audit(ctx, tx, {
				action: "mcp-server.refresh",
				resource: "mcpServer",
				resourceId: serverId,
				outcome: "failed",
				reason: problem,
			});
			return;
		}
		await keep(ctx, tx, server, found);
	});
	return getRemote(ctx, { serverId });
}

async function keep(ctx: ServiceContext, tx: Tx, server: ServerRow, { about, tools, skipped }: Listing): Promise<void> {
	const changed: string[] = [];
	for (const tool of tools) if (await keepTool(tx, server, tool)) changed.push(tool.name);
	const names = tools.map(({ name }) => name);
	await tx
		.update(mcpTools)
		.set({ isEnabled: false, goneAt: sql`now()` })
		.where(
			and(
				eq(mcpTools.serverId, server.id),
				isNull(mcpTools.goneAt),
				names.length > 0 ? notInArray(mcpTools.name, names) : undefined,
			),
		);
	const problem =
		skipped > 0
			? `${skipped} of its tools can't be offered: their names, schemas or number are beyond what is taken.`
			: null;
	await tx.update(mcpServers).set({ about, checkedAt: sql`now()`, problem }).where(eq(mcpServers.id, server.id));
	await audit(ctx, tx, {
		action: "mcp-server.refresh",
		resource: "mcpServer",
		resourceId: server.id,
		detail: { tools: tools.length, skipped, changed: changed.slice(0, 20) },
	});
}

/** Answers whether somebody had looked at another definition of it. */
async function keepTool(tx: Tx, server: ServerRow, tool: Definition): Promise<boolean> {
	const [known] = await tx
		.select({ id: mcpTools.id, hash: mcpTools.hash })
		.from(mcpTools)
		.where(and(eq(mcpTools.serverId, server.id), eq(mcpTools.name, tool.name)))
		.for("update");
	if (!known) {
		const alias = `${server.prefix}${separator}${tool.name.replaceAll(".", "_")}`;
		await tx
			.insert(mcpTools)
			.values({ ...tool, serverId: server.id, alias })
			.onConflictDoNothing();
		return false;
	}
	if (known.hash === tool.hash) {
		await tx.update(mcpTools).set({ goneAt: null }).where(eq(mcpTools.id, known.id));
		return false;
	}
	await tx
		.update(mcpTools)
		.set({ ...tool, isEnabled: false, goneAt: null, changedAt: sql`now()` })
		.where(eq(mcpTools.id, known.id));
	return true;
}
