import { randomUUID } from "node:crypto";
import { type Credential, readCredential, refuseQueryCredentials } from "@/server/auth/credential";
import { identify } from "@/server/auth/identity";
import type { Actor } from "@/server/core/actor";
import { database } from "@/server/core/database";
import type { RequestContext } from "./init";

const longest = 512;

/** The context of an HTTP request. The address is what our own server saw, never what a header claims. */
export function contextFromHeaders(headers: Headers, query?: URLSearchParams, resource?: string): RequestContext {
	const call: Pick<RequestContext, "db" | "requestId" | "via" | "origin"> = {
		db: database(),
		requestId: randomUUID(),
		via: headers.has("sec-fetch-site") ? "console" : "rpc",
		origin: {
			address: headers.get("x-qd-address"),
			userAgent: headers.get("user-agent")?.slice(0, longest) ?? null,
			host: headers.get("host"),
		},
	};
	return {
		...call,
		identify: credentialOf(headers, query, (credential) => identify({ ...call, resource }, credential)),
		charges: [],
		idempotencyKey: headers.get("idempotency-key")?.slice(0, longest) || undefined,
	};
}

/** Asks with what the request shows. A stream asks for as long as it is open, and need not keep headers and address for that. */
function credentialOf(
	headers: Headers,
	query: URLSearchParams | undefined,
	ask: (credential: Credential) => Promise<Actor>,
): () => Promise<Actor> {
	try {
		if (query) refuseQueryCredentials(query);
		const credential = readCredential(headers);
		return () => ask(credential);
	} catch (refusal) {
		return () => Promise.reject(refusal);
	}
}

/** The context of a call by our own code for somebody already known: an agent's tool, a test. */
export const contextForActor = (
	actor: Actor,
	call: Pick<RequestContext, "db" | "requestId" | "via"> & { signal?: AbortSignal },
): RequestContext => ({
	...call,
	origin: { address: null, userAgent: null },
	identify: async () => actor,
});
