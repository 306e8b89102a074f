import { env } from "@/server/core/env";

const sent = "authorization, x-api-key, content-type, idempotency-key, if-match, if-none-match, last-event-id";
const shown =
	"etag, location, content-location, x-request-id, x-pagination-next, retry-after, ratelimit, ratelimit-policy, deprecation, sunset, link, allow";
/** What the official client of OpenAI tells of itself. Nothing here reads it. */
const told = /^x-stainless-[a-z-]{1,40}$/;

/** Pages of other origins that may call with a token or key, by exact name; never with a cookie. */
const isListed = (origin: string | null): origin is string =>
	origin !== null && (env().QD_CORS_ORIGINS?.includes(origin) ?? false);

export function allowOrigin(request: Request, headers: Headers, isProgram: boolean): void {
	headers.append("vary", "Cookie, Authorization, X-Api-Key, Origin");
	const origin = request.headers.get("origin");
	if (!isListed(origin) || !(isProgram || request.method === "OPTIONS")) return;
	headers.set("access-control-allow-origin", origin);
	headers.set("access-control-expose-headers", shown);
}

export function preflight({ headers: asked }: Request, allow: string): Response {
	const headers = new Headers({ allow, "cache-control": "no-store" });
	if (asked.has("access-control-request-method") && isListed(asked.get("origin"))) {
		headers.set("access-control-allow-methods", allow);
		const names = asked.get("access-control-request-headers")?.toLowerCase().split(",") ?? [];
		const more = names.map((name) => name.trim()).filter((name) => told.test(name));
		headers.set("access-control-allow-headers", [sent, ...more.slice(0, 20)].join(", "));
		headers.set("access-control-max-age", "600");
	}
	return new Response(null, { status: 204, headers });
}
