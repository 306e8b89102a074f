import { AppError } from "@/server/core/errors";
import { readSessionCookie } from "./cookies";

/** What a request shows of who sends it: at most one thing. `bearer` is an access token or an API key. */
export type Credential = { kind: "none" } | { kind: "cookie"; value: string } | { kind: "bearer"; value: string };

const inQuery = new Set(["access_token", "api_key", "apikey", "x-api-key", "authorization", "bearer"]);

/** Addresses are written down by whatever they pass, so no secret belongs there. Throws INVALID_INPUT. */
export function refuseQueryCredentials(query: URLSearchParams): void {
	for (const [name, value] of query)
		if (inQuery.has(name.toLowerCase()) || value.startsWith("qd_live_"))
			throw new AppError(
				"INVALID_INPUT",
				"A key or token must not stand in the address, where logs keep it. Send it in a header, and replace the one that you have sent.",
			);
}

/** Nothing that we give out is longer. */
const longest = 4_096;

/** Throws UNAUTHENTICATED where there are two, or one of a kind that we don't take: no door is asked twice. */
export function readCredential(headers: Headers): Credential {
	const cookie = readSessionCookie(headers.get("cookie"));
	const authorization = headers.get("authorization");
	const key = headers.get("x-api-key");
	const shown = [cookie, authorization, key].filter((one) => one !== undefined && one !== null);
	if (shown.length > 1)
		throw new AppError(
			"UNAUTHENTICATED",
			"Send one of session cookie, Authorization and x-api-key; this call has more than one.",
		);
	if (shown.some((one) => one.length > longest))
		throw new AppError("UNAUTHENTICATED", "This is longer than any token or key.");
	if (cookie !== undefined) return { kind: "cookie", value: cookie };
	if (key !== null) return { kind: "bearer", value: key };
	if (authorization === null) return { kind: "none" };
	// Two headers of one name arrive as one with a comma, which no token has.
	const value = /^bearer ([^\s,]+)$/i.exec(authorization)?.[1];
	if (!value) throw new AppError("UNAUTHENTICATED", "Send Authorization: Bearer with an access token or an API key.");
	return { kind: "bearer", value };
}

/** Whether the call brings its own credential, which no foreign page can make a browser send. */
export const bringsCredential = (headers: Headers): boolean => headers.has("authorization") || headers.has("x-api-key");
