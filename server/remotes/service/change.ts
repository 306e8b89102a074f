import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import { grants, mcpServers, mcpTools } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { checkAddress } from "@/server/core/fetch-guard";
import { setAccess } from "@/server/core/grants";
import { seal } from "@/server/core/vault";
import type { AddRemote, ChangeRemote, OneRemote, RemoteDetail, RemoteTool, SetTool } from "../contract";
import { tokenPlace } from "../target";
import { getRemote, isManaged, toolColumns } from "./read";
import { refreshRemote } from "./refresh";

const loopbacks = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A token that goes over the wire as it is could be read by whoever stands between. */
async function checkWay(address: string, hasToken: boolean): Promise<void> {
	const url = await checkAddress(address);
	if (hasToken && url.protocol !== "https:" && !loopbacks.has(url.hostname))
		throw invalidField("address", "A token is sent over https:// only.");
}

/** Connects another server, and asks it at once what it offers. None of that is on yet. */
export async function addRemote(ctx: ServiceContext, input: AddRemote): Promise<RemoteDetail> {
	const { userId: ownerId } = requireUser(ctx);
	await checkWay(input.address, input.token !== undefined);
	const id = randomUUID();
	await ctx.db.transaction(async (tx) => {
		const { name, prefix, address, token, access } = input;
		const sealedToken = token === undefined ? null : seal(token, tokenPlace(id, 1));
		const [row] = await tx
			.insert(mcpServers)
			.values({ id, name, ownerId, prefix, address, sealedToken })
			.onConflictDoNothing()
			.returning({ id: mcpServers.id });
		if (!row) throw new AppError("CONFLICT", `Another server has the prefix ${prefix}: choose another one.`);
		await setAccess(tx, "mcpServer", id, access);
		await audit(ctx, tx, {
			action: "mcp-server.add",
			resource: "mcpServer",
			resourceId: id,
			detail: { access },
			after: { name, prefix, address, isWithToken: token !== undefined },
		});
	});
	return refreshRemote(ctx, { serverId: id });
}

/** Another address is another server: it does not get the token of the one before, and none of its tools stays on. */
export async function changeRemote(ctx: ServiceContext, input: ChangeRemote): Promise<RemoteDetail> {
	const { serverId, address, token } = input;
	const isIt = and(eq(mcpServers.id, serverId), isManaged(ctx));
	const [known] = await ctx.db.orm.select().from(mcpServers).where(isIt);
	if (!known) throw notFound("This server");
	const isElsewhere = address !== undefined && address !== known.address;
	const keepsToken = token === undefined && !isElsewhere && known.sealedToken !== null;
	if (isElsewhere || token) await checkWay(address ?? known.address, Boolean(token) || keepsToken);
	await ctx.db.transaction(async (tx) => {
		const [before] = await tx.select().from(mcpServers).where(isIt).for("update");
		if (!before) throw notFound("This server");
		expectUnchanged("this server", input.basedOn, before.revision);
		if (before.address !== known.address) expectUnchanged("this server", known.revision, before.revision);
		const version = before.tokenVersion + 1;
		const isNewToken = token !== undefined || isElsewhere;
		const after = {
			name: input.name ?? before.name,
			address: address ?? before.address,
			isEnabled: input.isEnabled ?? before.isEnabled,
		};
		await tx
			.update(mcpServers)
			.set({
				...after,
				revision: before.revision + 1,
				...(isNewToken
					? { tokenVersion: version, sealedToken: token ? seal(token, tokenPlace(serverId, version)) : null }
					: {}),
			})
			.where(eq(mcpServers.id, serverId));
		if (isElsewhere) await tx.update(mcpTools).set({ isEnabled: false }).where(eq(mcpTools.serverId, serverId));
		await audit(ctx, tx, {
			action: "mcp-server.change",
			resource: "mcpServer",
			resourceId: serverId,
			before: { name: before.name, address: before.address, isEnabled: before.isEnabled },
			after,
			detail: { isTokenChanged: isNewToken },
		});
	});
	return isElsewhere || token !== undefined ? refreshRemote(ctx, { serverId }) : getRemote(ctx, { serverId });
}

export async function removeRemote(ctx: ServiceContext, { serverId }: OneRemote): Promise<{ deleted: true }> {
	await ctx.db.transaction(async (tx) => {
		const [gone] = await tx
			.delete(mcpServers)
			.where(and(eq(mcpServers.id, serverId), isManaged(ctx)))
			.returning({ name: mcpServers.name, address: mcpServers.address });
		if (!gone) throw notFound("This server");
		await tx.delete(grants).where(and(eq(grants.resourceKind, "mcpServer"), eq(grants.resourceId, serverId)));
		await audit(ctx, tx, { action: "mcp-server.remove", resource: "mcpServer", resourceId: serverId, before: gone });
	});
	return { deleted: true };
}

/** Turns a tool on or off and says how dangerous it is: for exactly the definition that was looked at. */
export async function setTool(ctx: ServiceContext, input: SetTool): Promise<RemoteTool> {
	const { toolId, isEnabled, risk, hash } = input;
	return ctx.db.transaction(async (tx) => {
		const [found] = await tx
			.select({ tool: mcpTools })
			.from(mcpTools)
			.innerJoin(mcpServers, eq(mcpServers.id, mcpTools.serverId))
			.where(and(eq(mcpTools.id, toolId), isManaged(ctx)))
			.for("update", { of: mcpTools });
		const before = found?.tool;
		if (!before) throw notFound("This tool");
		if (before.hash !== hash)
			throw new AppError("CHANGED", "The server has changed this tool meanwhile. Look at it, then decide again.");
		if (isEnabled && before.goneAt) throw new AppError("CONFLICT", "The server does not offer this tool any more.");
		const [after] = await tx
			.update(mcpTools)
			.set({ isEnabled, risk, changedAt: isEnabled ? null : sql`${mcpTools.changedAt}` })
			.where(and(eq(mcpTools.id, toolId), eq(mcpTools.hash, hash)))
			.returning(toolColumns);
		if (!after) throw notFound("This tool");
		await audit(ctx, tx, {
			action: "mcp-tool.set",
			resource: "mcpTool",
			resourceId: toolId,
			before: { isEnabled: before.isEnabled, risk: before.risk },
			after: { isEnabled, risk },
			detail: { tool: before.alias, definition: hash },
		});
		return after;
	});
}
