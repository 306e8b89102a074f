import { randomUUID } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { auditStreams } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { checkAddress, type GuardPolicy } from "@/server/core/fetch-guard";
import { type SealedPlace, seal, unseal } from "@/server/core/vault";
import { post } from "@/server/core/webhook";
import type { AuditStream, ResumeStream, SaveStream, TestedStream } from "../contract";
import { chainOf } from "./read-chain";

export type StreamRow = typeof auditStreams.$inferSelect;

/** How long a former secret signs beside the new one, for the other side to change over. */
const changeOver = sql`now() + interval '24 hours'`;

const placeOf = (version: number): SealedPlace => ({ table: "audit_streams", row: "only", column: "secret", version });

/** The secrets that sign now, the newest first. Throws a VaultProblem where they can't be opened. */
export function secretsOf(row: StreamRow, now = new Date()): string[] {
	const former = row.formerSecret && row.formerUntil && row.formerUntil > now ? row.formerSecret : null;
	return [
		...(row.secret ? [unseal(row.secret, placeOf(row.secretVersion))] : []),
		...(former ? [unseal(former, placeOf(row.secretVersion - 1))] : []),
	];
}

export async function streamRow(db: Reader): Promise<StreamRow> {
	const [row] = await db.select().from(auditStreams);
	if (!row) throw new Error("The stream has no settings: migrate the database");
	return row;
}

/** What an address may tell in the audit and on the page: a path behind it can hold a key of the other side. */
const shownAddress = (url: string | null): string | null => (url ? new URL(url).origin : null);

function toStream(row: StreamRow, size: number): AuditStream {
	return {
		state: row.state,
		url: row.url,
		hasSecret: row.secret !== null,
		formerUntil: row.formerSecret && row.formerUntil && row.formerUntil > new Date() ? row.formerUntil : null,
		sentSeq: row.sentSeq,
		waiting: Math.max(0, size - row.sentSeq),
		sentAt: row.sentAt,
		failures: row.failures,
		failingSince: row.failingSince,
		problem: row.problem,
		nextTryAt: row.state === "on" && row.failures > 0 ? row.nextTryAt : null,
		version: row.version,
	};
}

export async function getStream(ctx: ServiceContext): Promise<AuditStream> {
	const [row, chain] = await Promise.all([streamRow(ctx.db.orm), chainOf(ctx.db.orm)]);
	return toStream(row, chain.size);
}

/** A secret was given for one address: at another one it must be given anew, so that nobody can have it sent to them. */
export async function saveStream(ctx: ServiceContext, input: SaveStream, policy?: GuardPolicy): Promise<AuditStream> {
	// It asks the name service, which must not be waited for in a transaction.
	const url = (await checkAddress(input.url, policy)).href;
	return ctx.db.transaction(async (tx) => {
		const before = await heldRow(tx, input.basedOn);
		const isSame = before.url === url;
		if (!input.secret && (!isSame || !before.secret))
			throw new AppError(
				"INVALID_INPUT",
				before.url ? "The address has changed: enter the secret again." : "Enter the secret that signs.",
			);
		const { size } = await chainOf(tx);
		const begin = input.from === "beginning" ? { sentSeq: 0 } : input.from === "now" ? { sentSeq: size } : {};
		const [row] = await tx
			.update(auditStreams)
			.set({
				...begin,
				...(input.secret ? newSecret(before, input.secret, isSame) : {}),
				...fresh,
				url,
				state: input.isOn ? "on" : "off",
				version: sql`${auditStreams.version} + 1`,
				updatedAt: sql`now()`,
			})
			.returning();
		if (!row) throw new Error("An update gave no row back");
		await audit(ctx, tx, {
			action: "audit.set-stream",
			resource: "audit",
			before: { address: shownAddress(before.url), state: before.state, sentSeq: before.sentSeq },
			after: { address: shownAddress(url), state: row.state, sentSeq: row.sentSeq },
			detail: { isSecretNew: input.secret !== undefined, isAddressNew: !isSame },
		});
		return toStream(row, size);
	});
}

/** As if it had never failed, and with nothing under way. */
const fresh = {
	tryingSeq: null,
	failures: 0,
	failingSince: null,
	problem: null,
	nextTryAt: sql`now()`,
	leaseOwner: null,
	leaseUntil: null,
};

function newSecret(before: StreamRow, secret: string, isSame: boolean) {
	const version = before.secretVersion + 1;
	const goesOn = isSame && before.secret !== null;
	return {
		secret: seal(secret, placeOf(version)),
		secretVersion: version,
		formerSecret: goesOn ? before.secret : null,
		formerUntil: goesOn ? changeOver : null,
	};
}

async function heldRow(tx: Tx, basedOn: number): Promise<StreamRow> {
	const [row] = await tx.select().from(auditStreams).for("update");
	if (!row) throw new Error("The stream has no settings");
	if (row.version !== basedOn)
		throw new AppError("CHANGED", "Somebody else changed these settings meanwhile: look at them again, then save.");
	return row;
}

/** Goes on after a pause, from the entry where it stopped. */
export async function resumeStream(ctx: ServiceContext, { basedOn }: ResumeStream): Promise<AuditStream> {
	return ctx.db.transaction(async (tx) => {
		const before = await heldRow(tx, basedOn);
		if (before.state !== "paused") throw new AppError("CONFLICT", "It is not paused.");
		// What was under way stays so: the other side may have had it.
		const { tryingSeq: _, ...again } = fresh;
		const [row] = await tx
			.update(auditStreams)
			.set({ ...again, state: "on", version: before.version + 1, updatedAt: sql`now()` })
			.where(and(eq(auditStreams.version, before.version)))
			.returning();
		if (!row) throw new Error("An update gave no row back");
		await audit(ctx, tx, { action: "audit.resume-stream", resource: "audit", detail: { sentSeq: row.sentSeq } });
		return toStream(row, (await chainOf(tx)).size);
	});
}

/** Sends a signed message without entries, to see whether the other side takes it. Nothing else changes. */
export async function testStream(ctx: ServiceContext, policy?: GuardPolicy): Promise<TestedStream> {
	const row = await streamRow(ctx.db.orm);
	if (!row.url || !row.secret) throw new AppError("CONFLICT", "Save an address and a secret first.");
	await ctx.db.transaction((tx) => audit(ctx, tx, { action: "audit.test-stream", resource: "audit" }));
	const body = JSON.stringify({ type: "audit.test", sentAt: new Date().toISOString() });
	const answer = await post({ url: row.url, id: `test-${randomUUID()}`, body, secrets: secretsOf(row) }, policy);
	return { isTaken: answer.problem === null, status: answer.status, problem: answer.problem };
}
