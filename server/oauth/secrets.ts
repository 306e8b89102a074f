import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export const newCode = (): string => `qd_oc_${randomBytes(32).toString("base64url")}`;
export const newClientSecret = (): string => `qd_cs_${randomBytes(32).toString("base64url")}`;

/** What of a code or a secret the database keeps: both are random, so nobody finds them by trying. */
export const hashSecret = (text: string): string => createHash("sha256").update(text).digest("hex");

export const isSecret = (text: string, hash: string): boolean =>
	timingSafeEqual(Buffer.from(hashSecret(text)), Buffer.from(hash));

/** Whether the verifier is what the challenge was made of (RFC 7636, S256). */
export function isVerifier(verifier: string, challenge: string): boolean {
	const made = Buffer.from(createHash("sha256").update(verifier).digest("base64url"));
	const known = Buffer.from(challenge);
	return made.length === known.length && timingSafeEqual(made, known);
}
