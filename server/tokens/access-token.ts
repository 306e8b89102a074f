import { randomUUID } from "node:crypto";
import { compactVerify, SignJWT } from "jose";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { env } from "@/server/core/env";
import { algorithm, currentSigner, findSigningKey, lifeSeconds } from "./signing-keys";

const longest = 2_048;
const seconds = z.int().min(0).max(10_000_000_000);

/** Who issues tokens: this installation, by its public address where it has one. */
export const issuer = (): string => (env().QD_URL ? new URL(env().QD_URL ?? "").origin : "urn:quarterdeck");
export const audience = "urn:quarterdeck:api";

const Claims = z.strictObject({
	iss: z.string(),
	/** All of our faces, or the one that a program was let in to. */
	aud: z.string().max(512),
	sub: z.uuid(),
	/** The session that the token belongs to: it ends with it. */
	sid: z.uuid(),
	/** The person's token version when it was made: a higher one ends it. */
	ver: z.int(),
	jti: z.uuid(),
	iat: seconds,
	exp: seconds,
	auth_time: seconds,
});
export type Claims = z.infer<typeof Claims>;

/** Whom a token must be made for to be believed; any, where it is only to be ended. */
export type AudienceRule = readonly string[] | "any";

/** `now` is the database's clock, in seconds: processes whose own clocks differ agree on it. */
export async function signAccessToken(
	db: Database,
	facts: {
		userId: string;
		sessionId: string;
		version: number;
		now: number;
		provedAt: number;
		/** The one address that it is good for; null for all of our faces. */
		resource: string | null;
	},
): Promise<string> {
	const { header, key } = await currentSigner(db);
	const claims: Claims = {
		iss: issuer(),
		aud: facts.resource ?? audience,
		sub: facts.userId,
		sid: facts.sessionId,
		ver: facts.version,
		jti: randomUUID(),
		iat: facts.now,
		exp: facts.now + lifeSeconds,
		auth_time: facts.provedAt,
	};
	return new SignJWT(claims).setProtectedHeader(header).sign(key);
}

/**
 * What an access token says, if we signed it; null for everything else. We believe only what we write ourselves: the header
 * must be one of ours letter by letter, so no algorithm, key or extension that it names is ever looked at, and the claims
 * must read back as we would write them, for one of these audiences. Whether it has ended is for the database's clock to say.
 */
export async function readAccessToken(db: Database, token: string, audiences: AudienceRule): Promise<Claims | null> {
	if (token.length > longest) return null;
	const [header, payload, signature, ...rest] = token.split(".");
	if (!header || !payload || !signature || rest.length > 0) return null;
	const key = await findSigningKey(db, header);
	if (!key || !isCanonical(payload) || !isCanonical(signature)) return null;
	try {
		await compactVerify(token, key.verifier, { algorithms: [algorithm] });
	} catch {
		return null;
	}
	const claims = readClaims(Buffer.from(payload, "base64url").toString());
	if (claims?.iss !== issuer()) return null;
	return audiences === "any" || audiences.includes(claims.aud) ? claims : null;
}

const isCanonical = (part: string): boolean => Buffer.from(part, "base64url").toString("base64url") === part;

function readClaims(text: string): Claims | null {
	try {
		const value: unknown = JSON.parse(text);
		// Twice the same key, or a number written otherwise, does not read back as it was.
		if (JSON.stringify(value) !== text) return null;
		const claims = Claims.safeParse(value);
		return claims.success && claims.data.exp - claims.data.iat === lifeSeconds ? claims.data : null;
	} catch {
		return null;
	}
}
