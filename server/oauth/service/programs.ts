import { and, eq, isNull, sql } from "drizzle-orm";
import { oauthClients, sessions, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { invalidField, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { CreateProgram, ListPrograms, NewProgram, OneProgram, Program } from "../contract";
import { redirectProblem } from "../redirects";
import { hashSecret, newClientSecret } from "../secrets";

const columns = {
	id: oauthClients.id,
	name: oauthClients.name,
	redirectUris: oauthClients.redirectUris,
	hasSecret: sql<boolean>`${oauthClients.secretHash} is not null`,
	makerId: oauthClients.createdBy,
	makerName: users.name,
	sessions: sql<number>`(select count(*)::int from ${sessions} where ${sessions.clientId} = ${oauthClients.id}
		and ${sessions.revokedAt} is null and ${sessions.expiresAt} > now())`,
	createdAt: oauthClients.createdAt,
	lastUsedAt: oauthClients.lastUsedAt,
	revokedAt: oauthClients.revokedAt,
};
type Row = Omit<Program, "createdBy" | "state"> & { makerId: string | null; makerName: string | null };

const toProgram = ({ makerId, makerName, ...row }: Row): Program => ({
	...row,
	createdBy: makerId ? { id: makerId, name: makerName ?? "somebody who is gone" } : null,
	state: row.revokedAt ? "revoked" : "live",
});

/** Programs that may ask people for access, newest first. */
export async function listPrograms(
	ctx: ServiceContext,
	input: ListPrograms,
): Promise<{ rows: Program[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { name: oauthClients.name },
		sort: { createdAt: oauthClients.createdAt },
		id: oauthClients.id,
	});
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(oauthClients)
		.leftJoin(users, eq(users.id, oauthClients.createdBy))
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const { rows: some, next } = list.page(rows);
	return { rows: some.map(toProgram), next };
}

export async function getProgram(ctx: ServiceContext, { programId }: OneProgram): Promise<Program> {
	const [row] = await ctx.db.orm
		.select(columns)
		.from(oauthClients)
		.leftJoin(users, eq(users.id, oauthClients.createdBy))
		.where(eq(oauthClients.id, programId));
	if (!row) throw notFound("This program");
	return toProgram(row);
}

export async function createProgram(ctx: ServiceContext, input: CreateProgram): Promise<NewProgram> {
	const { userId } = requireUser(ctx);
	for (const address of input.redirectUris) {
		const problem = redirectProblem(address);
		if (problem) throw invalidField("redirectUris", `${address.slice(0, 200)} ${problem}.`);
	}
	const { name, redirectUris } = input;
	const secret = input.withSecret ? newClientSecret() : null;
	const id = await ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(oauthClients)
			.values({ name, redirectUris, secretHash: secret && hashSecret(secret), createdBy: userId })
			.returning({ id: oauthClients.id });
		if (!row) throw new Error("the program was not stored");
		await audit(ctx, tx, {
			action: "program.create",
			resource: "program",
			resourceId: row.id,
			after: { name, redirectUris, isConfidential: secret !== null },
		});
		return row.id;
	});
	return { program: await getProgram(ctx, { programId: id }), secret };
}

/** It may ask nobody any more, and what it was let do ends within seconds. Twice is once. */
export async function revokeProgram(ctx: ServiceContext, { programId }: OneProgram): Promise<Program> {
	await ctx.db.transaction(async (tx) => {
		const [found] = await tx.select({ id: oauthClients.id }).from(oauthClients).where(eq(oauthClients.id, programId));
		if (!found) throw notFound("This program");
		const [revoked] = await tx
			.update(oauthClients)
			.set({ revokedAt: sql`now()` })
			.where(and(eq(oauthClients.id, programId), isNull(oauthClients.revokedAt)))
			.returning({ name: oauthClients.name });
		if (!revoked) return;
		const ended = await tx
			.update(sessions)
			.set({ revokedAt: sql`now()`, revokedBecause: "its program was revoked" })
			.where(and(eq(sessions.clientId, programId), isNull(sessions.revokedAt)))
			.returning({ id: sessions.id });
		await audit(ctx, tx, {
			action: "program.revoke",
			resource: "program",
			resourceId: programId,
			detail: { name: revoked.name, sessions: ended.length },
		});
	});
	return getProgram(ctx, { programId });
}
