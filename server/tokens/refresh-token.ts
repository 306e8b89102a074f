import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";

/** An opaque refresh token: 256 random bits. */
export const newRefreshToken = (): string => `qd_rt_${randomBytes(32).toString("base64url")}`;

export const isRefreshToken = (text: string): boolean => /^qd_rt_[A-Za-z0-9_-]{43}$/.test(text);

/** What of a token the database keeps. */
export const hashRefreshToken = (token: string): string => createHash("sha256").update(token).digest("hex");

const ivBytes = 12;
const tagBytes = 16;
const keyOf = (token: string) => Buffer.from(hkdfSync("sha256", token, "quarterdeck", "refresh successor", 32));

/** The successor, for nobody but who holds the old token: the database alone does not give it. */
export function sealSuccessor(successor: string, old: string): string {
	const iv = randomBytes(ivBytes);
	const cipher = createCipheriv("aes-256-gcm", keyOf(old), iv, { authTagLength: tagBytes });
	return Buffer.concat([iv, cipher.update(successor), cipher.final(), cipher.getAuthTag()]).toString("base64url");
}

export function unsealSuccessor(sealed: string, old: string): string {
	const bytes = Buffer.from(sealed, "base64url");
	const cipher = createDecipheriv("aes-256-gcm", keyOf(old), bytes.subarray(0, ivBytes), { authTagLength: tagBytes });
	cipher.setAuthTag(bytes.subarray(-tagBytes));
	return Buffer.concat([cipher.update(bytes.subarray(ivBytes, -tagBytes)), cipher.final()]).toString();
}
