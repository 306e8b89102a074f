import { createPrivateKey, createPublicKey, hash, hkdfSync, type KeyObject, sign, verify } from "node:crypto";
import type { SignedCheckpoint } from "@/db/schema";
import { env } from "@/server/core/env";
import { canonical } from "./event";

/** How PKCS #8 begins for an Ed25519 key, whose 32 bytes follow. */
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");

export type SigningKey = { kid: string; privateKey: KeyObject; publicKey: string };

const known = new Map<string, SigningKey>();

/** Derived from a secret that is never in the database; another generation or another secret is another key. */
export function signingKey(generation: number): SigningKey {
	const root = env().QD_AUDIT_KEY ?? env().QD_AUTH_SECRET;
	if (!root) throw new Error("QD_AUTH_SECRET is missing: start with `npm start`, which makes and keeps one");
	const place = `${generation} ${root}`;
	const found = known.get(place);
	if (found) return found;
	const seed = Buffer.from(hkdfSync("sha256", root, "quarterdeck", `audit checkpoint ${generation}`, 32));
	const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: "der", type: "pkcs8" });
	const publicKey = createPublicKey(privateKey);
	const made = { kid: kidOf(publicKey), privateKey, publicKey: publicKey.export({ format: "pem", type: "spki" }) };
	known.set(place, made as SigningKey);
	return made as SigningKey;
}

/** Every key up to that generation, oldest first. */
export const ownKeys = (generation: number): SigningKey[] =>
	Array.from({ length: generation }, (_, index) => signingKey(index + 1));

/** A key's name: the beginning of the SHA-256 of its public half. */
export const kidOf = (key: KeyObject): string =>
	hash("sha256", key.export({ format: "der", type: "spki" }), "hex").slice(0, 16);

export function signCheckpoint(key: SigningKey, body: Omit<SignedCheckpoint, "kid" | "signature">): SignedCheckpoint {
	const signed = { ...body, kid: key.kid };
	return { ...signed, signature: sign(null, Buffer.from(canonical(signed)), key.privateKey).toString("base64") };
}

export function isSignedBy({ signature, ...signed }: SignedCheckpoint, publicKey: string): boolean {
	return verify(null, Buffer.from(canonical(signed)), createPublicKey(publicKey), Buffer.from(signature, "base64"));
}

/** What the next checkpoint names as the one before it. */
export const checkpointHash = (checkpoint: SignedCheckpoint | null): string =>
	checkpoint ? hash("sha256", canonical(checkpoint), "hex") : "0".repeat(64);
