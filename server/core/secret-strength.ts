import { createHash } from "node:crypto";
import { knownSecrets } from "./known-secrets";

/** What templates and people write where a secret belongs. */
const placeholder = /secret|password|passwd|change|replace|example|default|token|private|random|super|string/i;
const isHex = /^[0-9a-f]+$/i;
const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/];

/** Whether a secret can be meant to hold 256 random bits: machine-made by its look, and nowhere published. */
export function isStrongSecret(text: string): boolean {
	const secret = text.trim();
	if (placeholder.test(secret) || isPublished(secret)) return false;
	const letters = new Set(secret.toLowerCase()).size;
	if (isHex.test(secret)) return secret.length >= 64 && letters >= 10;
	const mixed = kinds.filter((kind) => kind.test(secret)).length >= 2;
	return secret.length >= 43 && mixed && new Set(secret).size >= 20;
}

const isPublished = (secret: string): boolean =>
	knownSecrets.has(createHash("sha256").update(secret).digest().subarray(0, 6).toString("base64url"));
