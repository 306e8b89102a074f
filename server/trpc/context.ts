import { randomUUID } from "node:crypto";
import { readCredential, refuseQueryCredentials } from "@/server/auth/credential";
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
		identify: async () => {
			if (query) refuseQueryCredentials(query);
			return identify({ ...call, resource }, readCredential(headers));
		},
		charges: [],
		idempotencyKey: headers.get("idempotency-key")?.slice(0, longest) || undefined,
	};
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
