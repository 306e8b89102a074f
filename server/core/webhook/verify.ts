import { createHmac, timingSafeEqual } from "node:crypto";
import { keyOf } from "./signature";

/** How far a call's time may be from ours, in seconds. */
const windowSeconds = 300;

export type SignedCall = { id: string | null; at: string | null; signature: string | null; body: string };

/** What is wrong with a signed call (standardwebhooks.com); null where nothing is. Each signature is compared with each secret in the same time. */
export function problemOf({ id, at, signature, body }: SignedCall, secrets: readonly string[]): string | null {
	if (!id || !at || !signature)
		return "The call is not signed: webhook-id, webhook-timestamp and webhook-signature are needed.";
	if (!/^[\x21-\x7e]{1,200}$/.test(id)) return "The call's webhook-id is no id.";
	if (!/^\d{1,12}$/.test(at) || Math.abs(Date.now() / 1000 - Number(at)) > windowSeconds)
		return "The call's time is more than five minutes away from ours.";
	const given = signature
		.split(" ")
		.slice(0, 10)
		.map((one) => Buffer.from(one));
	const valid = secrets.map((secret) =>
		Buffer.from(`v1,${createHmac("sha256", keyOf(secret)).update(`${id}.${at}.${body}`).digest("base64")}`),
	);
	const fits = valid.flatMap((right) => given.map((one) => one.length === right.length && timingSafeEqual(one, right)));
	return fits.includes(true) ? null : "The call's signature is not right.";
}
