import { randomUUID } from "node:crypto";
import type { ServiceContext } from "@/server/core/context";
import { database } from "@/server/core/database";
import { errorTable } from "@/server/core/errors";
import { toAppError } from "@/server/trpc/failure";
import { chargeAddress } from "@/server/trpc/limits";
import { checkOrigin, checkSender, limitBody } from "@/server/trpc/request-guard";
import { runNextAuth } from "./bridge";
import { invitationCookie, readSessionCookie, readStepCookie, stepCookie } from "./cookies";
import { readSessionId } from "./identity";
import { optionsFor } from "./options";
import { askPasskey, isProvingAtProvider } from "./service";

const contextOf = ({ headers }: Request): ServiceContext => ({
	db: database(),
	actor: { kind: "anonymous" },
	via: "console",
	requestId: randomUUID(),
	origin: {
		address: headers.get("x-qd-address"),
		userAgent: headers.get("user-agent")?.slice(0, 512) ?? null,
		host: headers.get("host"),
	},
});

/** next-auth's own routes (csrf, sign-in, callback, sign-out, session), and the question that a passkey answers. */
export async function authHandler(request: Request): Promise<Response> {
	const ctx = contextOf(request);
	const { pathname } = new URL(request.url);
	if (pathname === "/api/auth/passkey") return passkeyQuestion(ctx, request);
	try {
		// next-auth itself only compares two values that a sibling site could plant.
		await checkSender(request, ctx);
		if (isWrongMethod(request, pathname)) return refusal(ctx, 405, "This is answered to a POST only.");
		const jar: string[] = [];
		if (pathname === "/api/auth/signin/oidc") jar.push(invitationCookie(invitationOf(request)));
		const options = optionsFor(ctx, request, jar);
		const answer = await runNextAuth(await limitBody(request), await queryOf(ctx, request), options);
		for (const cookie of jar) answer.headers.append("set-cookie", cookie);
		answer.headers.set("cache-control", "no-store");
		answer.headers.set("x-request-id", ctx.requestId);
		return answer;
	} catch (error) {
		const { code, message } = toAppError(error);
		return refusal(ctx, errorTable[code].status, message);
	}
}

/** The secret of an invitation, with which somebody leaves for the provider; any earlier one ends. */
function invitationOf({ headers }: Request): string | null {
	const token = headers.get("x-qd-invitation");
	return token && /^[\w-]{20,100}$/.test(token) ? token : null;
}

/** Only a provider sends people back by a link; for words and codes next-auth has no answer to one. */
const isWrongMethod = ({ method }: Request, pathname: string): boolean =>
	method !== "POST" && pathname.startsWith("/api/auth/callback/") && pathname !== "/api/auth/callback/oidc";

const refusal = (ctx: ServiceContext, status: number, message: string): Response =>
	Response.json({ message }, { status, headers: { "x-request-id": ctx.requestId, "cache-control": "no-store" } });

/** On the way to the provider we alone say what is asked of it; next-auth would pass on whatever the address holds. */
async function queryOf(ctx: ServiceContext, request: Request): Promise<Record<string, string>> {
	const { pathname, searchParams } = new URL(request.url);
	if (!pathname.startsWith("/api/auth/signin/")) return Object.fromEntries(searchParams);
	const cookie = readSessionCookie(request.headers.get("cookie"));
	const sessionId = cookie ? await readSessionId(cookie) : null;
	return sessionId && (await isProvingAtProvider(ctx.db, sessionId)) ? { prompt: "login", max_age: "0" } : {};
}

async function passkeyQuestion(ctx: ServiceContext, request: Request): Promise<Response> {
	const headers = { "x-request-id": ctx.requestId, "cache-control": "no-store" };
	try {
		if (request.method !== "POST") return new Response(null, { status: 405, headers: { ...headers, allow: "POST" } });
		await checkOrigin(request, ctx);
		await chargeAddress(ctx);
		const { options, cookie } = await askPasskey(ctx, readStepCookie(request.headers.get("cookie")));
		return Response.json(options, { headers: { ...headers, "set-cookie": stepCookie(cookie) } });
	} catch (error) {
		const { code, message } = toAppError(error);
		return refusal(ctx, errorTable[code].status, message);
	}
}
