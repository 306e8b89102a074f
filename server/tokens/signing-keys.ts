import { randomBytes } from "node:crypto";
import { asc, desc, gt, isNull, or, sql } from "drizzle-orm";
import { exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Database, Reader, Tx } from "@/db/connection";
import { signingKeys } from "@/db/schema";
import { seal, unseal } from "@/server/core/vault";

export const algorithm = "EdDSA";
export const tokenType = "at+jwt";
/** How long an access token is good for. */
export const lifeSeconds = 600;

/** How old what a process knows of the keys may be, in ms: a key that was thrown out is believed no longer. */
const believedMs = 4_000;
/** From when on a new key signs, and how long after that the one before it is believed. */
const handover = sql`interval '30 seconds'`;
const lastTokens = sql`interval '15 minutes'`;
const keepsSigning = sql`interval '90 days'`;

type PublicKey = { kty: string; crv: string; x: string };
export type SigningKey = {
	kid: string;
	publicKey: PublicKey;
	/** The first part of every token that it signed, letter by letter: there is no other header that we believe. */
	header: string;
	verifier: Awaited<ReturnType<typeof importJWK>>;
	believedUntil: Date | null;
};

const place = (kid: string) => ({ table: "signing_keys", row: kid, column: "sealed_key", version: 1 });
const headerOf = (kid: string) => ({ alg: algorithm, typ: tokenType, kid });

type Known = { keys: SigningKey[]; at: number };
const known = new WeakMap<Database, Promise<Known>>();

/** The keys whose tokens are believed. */
export async function readSigningKeys(db: Database, mayBeOld = believedMs): Promise<SigningKey[]> {
	const before = await known.get(db)?.catch(() => null);
	if (before && performance.now() - before.at < mayBeOld) return before.keys;
	const reading = load(db);
	known.set(db, reading);
	return (await reading).keys;
}

/** The key whose header a token has. One that another process has just made is looked for at most once a second. */
export async function findSigningKey(db: Database, header: string): Promise<SigningKey | undefined> {
	const isIt = (key: SigningKey) => key.header === header;
	return (await readSigningKeys(db)).find(isIt) ?? (await readSigningKeys(db, 1_000)).find(isIt);
}

async function load(db: Database): Promise<Known> {
	const at = performance.now();
	const rows = await db.orm
		.select()
		.from(signingKeys)
		.where(or(isNull(signingKeys.believedUntil), gt(signingKeys.believedUntil, sql`now()`)))
		.orderBy(asc(signingKeys.createdAt));
	const keys = await Promise.all(
		rows.map(async ({ kid, publicKey, believedUntil }) => ({
			kid,
			publicKey,
			header: Buffer.from(JSON.stringify(headerOf(kid))).toString("base64url"),
			verifier: await importJWK(publicKey, algorithm),
			believedUntil,
		})),
	);
	return { keys, at };
}

const signers = new Map<string, Awaited<ReturnType<typeof importJWK>>>();

/** The key that signs at this moment, by the database's clock. The first one is made when it is first needed. */
export async function currentSigner(
	db: Database,
): Promise<{ header: ReturnType<typeof headerOf>; key: CryptoKey | Uint8Array }> {
	const row = (await findCurrent(db.orm)) ?? (await makeFirst(db));
	if (row.isOld) await rotateSigningKey(db);
	const key =
		signers.get(row.kid) ?? (await importJWK(JSON.parse(unseal(row.sealedKey, place(row.kid))) as JWK, algorithm));
	signers.set(row.kid, key);
	return { header: headerOf(row.kid), key };
}

/** At the moment of the question: a transaction that waited for the lock began before what others made meanwhile. */
async function findCurrent(reader: Reader) {
	const moment = sql`statement_timestamp()`;
	const [row] = await reader
		.select({
			kid: signingKeys.kid,
			sealedKey: signingKeys.sealedKey,
			isOld: sql<boolean>`${signingKeys.believedUntil} is null and ${signingKeys.createdAt} < now() - ${keepsSigning}`,
		})
		.from(signingKeys)
		.where(sql`${signingKeys.activeFrom} <= ${moment} and coalesce(${signingKeys.believedUntil} > ${moment}, true)`)
		.orderBy(desc(signingKeys.activeFrom))
		.limit(1);
	return row;
}

async function makeFirst(db: Database) {
	await db.transaction(async (tx) => {
		await lock(tx);
		if (!(await findCurrent(tx))) await insertKey(tx, sql`now()`);
	});
	const row = await findCurrent(db.orm);
	if (!row) throw new Error("there is no signing key");
	known.delete(db);
	return row;
}

/**
 * Another key takes over in half a minute; what older ones signed is believed until it ends by itself. `atOnce`, where a key
 * may have become known: older ones are believed no longer, and programs take new access tokens with their refresh tokens.
 */
export async function rotateSigningKey(db: Database, atOnce = false): Promise<string> {
	const kid = await db.transaction(async (tx) => {
		await lock(tx);
		// Somebody else has just done it.
		const [next] = await tx
			.select({ kid: signingKeys.kid })
			.from(signingKeys)
			.where(gt(signingKeys.activeFrom, sql`now()`));
		if (next && !atOnce) return next.kid;
		const until = atOnce ? sql`now()` : sql`now() + ${handover} + ${lastTokens}`;
		await tx
			.update(signingKeys)
			.set({ believedUntil: until })
			.where(or(isNull(signingKeys.believedUntil), gt(signingKeys.believedUntil, until)));
		return insertKey(tx, atOnce ? sql`now()` : sql`now() + ${handover}`);
	});
	known.delete(db);
	return kid;
}

const lock = (tx: Tx) => tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('signing_keys', 1))`);

async function insertKey(tx: Tx, activeFrom: ReturnType<typeof sql>): Promise<string> {
	const kid = randomBytes(9).toString("base64url");
	const pair = await generateKeyPair(algorithm, { extractable: true });
	const { kty, crv, x } = await exportJWK(pair.publicKey);
	if (!kty || !crv || !x) throw new Error("the signing key has no public half");
	const sealedKey = seal(JSON.stringify(await exportJWK(pair.privateKey)), place(kid));
	await tx.insert(signingKeys).values({ kid, publicKey: { kty, crv, x }, sealedKey, activeFrom });
	return kid;
}
