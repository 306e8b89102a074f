import { hkdfSync } from "node:crypto";
import { env } from "./env";

const keys = new Map<string, Buffer>();

/** A key for one purpose, derived from the one secret that the launcher keeps, so that no two uses share a key. */
export function secret(
	purpose: "session" | "cursor" | "demo" | "vault" | "recovery" | "idempotency" | "marks",
): Buffer {
	const known = keys.get(purpose);
	if (known) return known;
	const root = env().QD_AUTH_SECRET;
	if (!root) throw new Error("QD_AUTH_SECRET is missing: start with `npm start`, which makes and keeps one");
	const key = Buffer.from(hkdfSync("sha256", root, "quarterdeck", purpose, 32));
	keys.set(purpose, key);
	return key;
}
