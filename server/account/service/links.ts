import { and, eq, gt, isNull, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type AccountLinkKind, accountLinks } from "@/db/schema";
import { AppError } from "@/server/core/errors";
import { hashToken, newToken } from "@/server/core/one-time-link";
import { forgetLinks } from "@/server/mail/service";

/** Used, replaced, expired or never made: from outside all of it looks alike. */
export const linkGone = () => new AppError("NOT_FOUND", "This link doesn't work any more. Ask for a new one.");

export const works = (kind: AccountLinkKind, token: string): SQL | undefined =>
	and(
		eq(accountLinks.tokenHash, hashToken(token)),
		eq(accountLinks.kind, kind),
		isNull(accountLinks.usedAt),
		isNull(accountLinks.revokedAt),
		gt(accountLinks.expiresAt, sql`now()`),
	);

export async function makeLink(
	tx: Tx,
	link: { kind: AccountLinkKind; userId: string; email?: string; minutes: number },
): Promise<{ id: string; token: string; until: Date }> {
	const { token, tokenHash } = newToken();
	const { kind, userId, email, minutes } = link;
	const [row] = await tx
		.insert(accountLinks)
		.values({ kind, userId, email, tokenHash, expiresAt: sql`now() + make_interval(mins => ${minutes})` })
		.returning({ id: accountLinks.id, until: accountLinks.expiresAt });
	if (!row) throw new Error("the link was not stored");
	return { ...row, token };
}

/** Uses a link up; of many at the same time one gets it. */
export async function takeLink(
	tx: Tx,
	kind: AccountLinkKind,
	{ token, from }: { token: string; from: string | null },
): Promise<{ userId: string; email: string | null }> {
	const [taken] = await tx
		.update(accountLinks)
		.set({ usedAt: sql`now()`, usedFrom: from })
		.where(works(kind, token))
		.returning({ id: accountLinks.id, userId: accountLinks.userId, email: accountLinks.email });
	if (!taken) throw linkGone();
	await forgetLinks(tx, taken.id);
	return taken;
}

/** Ends the links that wait for somebody: what they were sent for has changed, or where they were sent to. */
export async function endLinks(tx: Tx, userId: string, kind?: AccountLinkKind): Promise<void> {
	const ended = await tx
		.update(accountLinks)
		.set({ revokedAt: sql`now()` })
		.where(
			and(
				eq(accountLinks.userId, userId),
				kind ? eq(accountLinks.kind, kind) : undefined,
				isNull(accountLinks.usedAt),
				isNull(accountLinks.revokedAt),
			),
		)
		.returning({ id: accountLinks.id });
	for (const { id } of ended) await forgetLinks(tx, id);
}
