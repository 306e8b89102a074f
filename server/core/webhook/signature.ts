import { createHmac } from "node:crypto";

const prefix = "whsec_";

/** The key that a secret stands for: base64 behind `whsec_`, as other senders of webhooks have it; any other text as it is. */
export const keyOf = (secret: string): Buffer =>
	secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), "base64") : Buffer.from(secret);

/**
 * The headers of a delivery (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, one signature for each secret that
 * is valid now, the newest first. `at` in seconds.
 */
export function signedHeaders(
	{ id, at, body }: { id: string; at: number; body: string },
	secrets: readonly string[],
): Record<string, string> {
	const signatures = secrets.map(
		(secret) => `v1,${createHmac("sha256", keyOf(secret)).update(`${id}.${at}.${body}`).digest("base64")}`,
	);
	return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signatures.join(" ") };
}
