import { env } from "@/server/core/env";

const sent = "authorization, x-api-key, content-type, idempotency-key, if-match, if-none-match, last-event-id";
const shown =
	"etag, location, x-request-id, retry-after, ratelimit, ratelimit-policy, deprecation, sunset, link, allow";

/** Pages of other origins that may call with a token or key, by exact name; never with a cookie. */
const isListed = (origin: string | null): origin is string =>
	origin !== null && (env().QD_CORS_ORIGINS?.includes(origin) ?? false);

export function allowOrigin(request: Request, headers: Headers, isProgram: boolean): void {
	const origin = request.headers.get("origin");
	if (!isListed(origin) || !(isProgram || request.method === "OPTIONS")) return;
	headers.set("access-control-allow-origin", origin);
	headers.set("access-control-expose-headers", shown);
}

export function preflight(request: Request, allow: string): Response {
	const headers = new Headers({ allow, "cache-control": "no-store" });
	if (request.headers.has("access-control-request-method") && isListed(request.headers.get("origin"))) {
		headers.set("access-control-allow-methods", allow);
		headers.set("access-control-allow-headers", sent);
		headers.set("access-control-max-age", "600");
	}
	return new Response(null, { status: 204, headers });
}
