import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { databaseCode, type Tx } from "@/db/connection";
import { modelConnections } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { checkAddress } from "@/server/core/fetch-guard";
import { seal } from "@/server/core/vault";
import { forgetCatalogue, keyPlace, tellModels } from "../catalogue";
import type { AddConnection, ChangeConnection, ConnectionDetail, Gone, OneConnection } from "../contract";
import { getConnection } from "./read";

const loopbacks = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** A key that goes over the wire as it is could be read by whoever stands between. */
async function checkWay(address: string, hasKey: boolean): Promise<void> {
	const url = await checkAddress(address);
	if (url.search || url.hash) throw invalidField("address", "Leave out what follows a ? or a #.");
	if (hasKey && url.protocol !== "https:" && !loopbacks.has(url.hostname))
		throw invalidField("address", "A key is sent over https:// only.");
}

const nameTaken =
	(name: string | undefined) =>
	(error: unknown): never => {
		if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `Another connection is called ${name}.`);
		throw error;
	};

export async function addConnection(ctx: ServiceContext, input: AddConnection): Promise<ConnectionDetail> {
	await checkWay(input.address, input.key !== undefined);
	const connectionId = await ctx.db.transaction((tx) => insertConnection(ctx, tx, input)).catch(nameTaken(input.name));
	forgetCatalogue(ctx.db);
	return getConnection(ctx, { connectionId });
}

/** Without a look at the address, which is checked again with each connection that is made to it. */
export async function insertConnection(
	ctx: ServiceContext,
	tx: Tx,
	{ key, isEnabled = true, ...rest }: AddConnection & { isEnabled?: boolean },
): Promise<string> {
	const { userId: createdBy } = requireUser(ctx);
	const id = randomUUID();
	const sealedKey = key === undefined ? null : seal(key, keyPlace(id, 1));
	await tx.insert(modelConnections).values({ id, ...rest, isEnabled, sealedKey, createdBy });
	await audit(ctx, tx, {
		action: "model-connection.add",
		resource: "modelConnection",
		resourceId: id,
		after: { ...rest, isEnabled, isWithKey: key !== undefined },
	});
	await tellModels(tx);
	return id;
}

const shown = (row: typeof modelConnections.$inferSelect) => {
	const { name, address, concurrency, firstTokenMs, idleMs, totalMs, isEnabled, isProbed } = row;
	return { name, address, concurrency, firstTokenMs, idleMs, totalMs, isEnabled, isProbed };
};

/** Another address is another provider: it does not get the key of the one before. */
export async function changeConnection(ctx: ServiceContext, input: ChangeConnection): Promise<ConnectionDetail> {
	const { connectionId, basedOn, key, ...change } = input;
	const isIt = eq(modelConnections.id, connectionId);
	const [known] = await ctx.db.orm.select().from(modelConnections).where(isIt);
	if (!known) throw notFound("This connection");
	const isElsewhere = change.address !== undefined && change.address !== known.address;
	if (isElsewhere || key) await checkWay(change.address ?? known.address, Boolean(key));
	await ctx.db
		.transaction(async (tx) => {
			const [before] = await tx.select().from(modelConnections).where(isIt).for("update");
			if (!before) throw notFound("This connection");
			expectUnchanged("this connection", basedOn, before.revision);
			// What was checked was said of the address that it had then.
			if (before.address !== known.address) expectUnchanged("this connection", known.revision, before.revision);
			const isNewKey = key !== undefined || isElsewhere;
			const keyVersion = before.keyVersion + 1;
			const sealedKey = key ? seal(key, keyPlace(connectionId, keyVersion)) : null;
			const [after] = await tx
				.update(modelConnections)
				.set({ ...change, revision: before.revision + 1, ...(isNewKey ? { keyVersion, sealedKey } : {}) })
				.where(isIt)
				.returning();
			if (!after) throw notFound("This connection");
			await audit(ctx, tx, {
				action: "model-connection.change",
				resource: "modelConnection",
				resourceId: connectionId,
				before: shown(before),
				after: shown(after),
				detail: { isKeyChanged: isNewKey },
			});
			await tellModels(tx);
		})
		.catch(nameTaken(change.name));
	forgetCatalogue(ctx.db);
	return getConnection(ctx, { connectionId });
}

/** Its models and their prices go with it; one that a route still asks stays, and so does the connection. */
export async function removeConnection(ctx: ServiceContext, { connectionId }: OneConnection): Promise<Gone> {
	await ctx.db.transaction(async (tx) => {
		const [held] = await tx
			.select({ id: modelConnections.id })
			.from(modelConnections)
			.where(eq(modelConnections.id, connectionId))
			.for("update");
		if (!held) throw notFound("This connection");
		const used = await tx.execute<{ name: string }>(sql`
			select distinct r.name from model_route_steps s join models m on m.id = s.model_id
				join model_routes r on r.id = s.route_id
			where m.connection_id = ${connectionId} order by 1`);
		if (used.length > 0) throw inUse([...used].map(({ name }) => name));
		const [gone] = await tx
			.delete(modelConnections)
			.where(eq(modelConnections.id, connectionId))
			.returning({ name: modelConnections.name, address: modelConnections.address });
		await audit(ctx, tx, {
			action: "model-connection.remove",
			resource: "modelConnection",
			resourceId: connectionId,
			...(gone ? { before: gone } : {}),
		});
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
	return { deleted: true };
}

export const inUse = (routes: readonly string[]): AppError =>
	new AppError("CONFLICT", `It is asked by ${routes.join(", ")}: take it out of there first.`);
