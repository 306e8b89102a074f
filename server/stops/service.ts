import { and, eq, type SQL, sql } from "drizzle-orm";
import { databaseCode, type Reader } from "@/db/connection";
import { agents, stops, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { ListStops, OneStop, PlaceStop, Stop } from "./contract";

const select = <More extends Record<string, SQL>>(db: Reader, more: More) =>
	db
		.select({
			id: stops.id,
			kind: stops.kind,
			target: stops.target,
			targetName: sql<string | null>`case ${stops.kind}
				when 'agent' then (select name from ${agents} where id::text = ${stops.target})
				when 'user' then (select name from ${users} target where target.id::text = ${stops.target}) end`,
			reason: stops.reason,
			placedByName: sql<string | null>`(select name from ${users} placer where placer.id = ${stops.placedBy})`,
			createdAt: stops.createdAt,
			...more,
		})
		.from(stops);

export async function listStops(ctx: ServiceContext, input: ListStops): Promise<{ rows: Stop[]; next: string | null }> {
	const list = listQuery(input, { filter: { kind: stops.kind }, sort: { createdAt: stops.createdAt }, id: stops.id });
	const rows = await select(ctx.db.orm, { key: list.key })
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

/** From now on no call of a tool begins, and no run goes on, for what is named: within 5 s, in every process. */
export async function placeStop(ctx: ServiceContext, input: PlaceStop): Promise<Stop> {
	const { userId: placedBy } = requireUser(ctx);
	const stopId = await ctx.db
		.transaction(async (tx) => {
			await expectTarget(tx, input);
			const [placed] = await tx
				.insert(stops)
				.values({ ...input, placedBy })
				.returning({ id: stops.id });
			if (!placed) throw new Error("the stop was not stored");
			await audit(ctx, tx, {
				action: "stop.place",
				resource: "stop",
				resourceId: placed.id,
				reason: input.reason,
				...(input.kind === "user" ? { subjectId: input.target } : {}),
				detail: { kind: input.kind, target: input.target },
			});
			return placed.id;
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505") throw new AppError("CONFLICT", "This is stopped already.");
			throw error;
		});
	const [stop] = await select(ctx.db.orm, {}).where(eq(stops.id, stopId));
	if (!stop) throw notFound("This stop");
	return stop;
}

async function expectTarget(db: Reader, { kind, target }: PlaceStop): Promise<void> {
	const isNamed = target !== "";
	if (kind === "everything" ? isNamed : !isNamed)
		throw new AppError("INVALID_INPUT", isNamed ? "Everything has no name of its own." : "Name what is to be stopped.");
	const table = kind === "agent" ? agents : kind === "user" ? users : null;
	if (!table) return;
	const [found] = await db
		.select({ id: table.id })
		.from(table)
		.where(and(sql`${table.id}::text = ${target}`));
	if (!found) throw notFound(kind === "agent" ? "This agent" : "This account");
}

export async function liftStop(ctx: ServiceContext, { stopId }: OneStop): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [lifted] = await tx.delete(stops).where(eq(stops.id, stopId)).returning();
		if (!lifted) throw notFound("This stop");
		const { kind, target, reason } = lifted;
		await audit(ctx, tx, {
			action: "stop.lift",
			resource: "stop",
			resourceId: stopId,
			...(kind === "user" ? { subjectId: target } : {}),
			detail: { kind, target, placedBecause: reason },
		});
	});
}
