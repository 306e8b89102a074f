import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { decode } from "next-auth/jwt";
import type { Actor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { secret } from "@/server/core/secrets";
import { identifyKey, isApiKey } from "@/server/keys/service";
import { findTokenActor } from "@/server/tokens/service";
import type { Credential } from "./credential";
import { findSessionActor } from "./service";

const anonymous: Actor = { kind: "anonymous" };

/** How long an answer about a session, a token or a key is believed, in ms: the longest that a revoked one still works. */
const believed = 2_000;
const mostRemembered = 10_000;
/** An actor, or the words that they are refused with. */
const remembered = new Map<string, { answer: Actor | string; until: number }>();

type Call = Pick<ServiceContext, "db" | "origin" | "requestId" | "via"> & {
	/** The address of this door, where tokens are made for it alone: others of those don't open it. */
	resource?: string | undefined;
};

/** Who shows this credential. A cookie without a session is nobody's; a token or key that is not good throws UNAUTHENTICATED. */
export async function identify(call: Call, credential: Credential): Promise<Actor> {
	if (credential.kind === "none") return anonymous;
	const { kind, value } = credential;
	// A key may be good from one address only.
	const name = createHash("sha256")
		.update(`${kind} ${call.origin.address} ${call.resource ?? ""} ${value}`)
		.digest("base64");
	const answer = recall(name) ?? remember(name, await ask(call, credential));
	if (typeof answer === "string") throw new AppError("UNAUTHENTICATED", answer);
	return answer;
}

function recall(name: string): Actor | string | undefined {
	const known = remembered.get(name);
	return known && known.until > performance.now() ? known.answer : undefined;
}

function remember(name: string, answer: Actor | string): Actor | string {
	// Who has yet to add a second factor is asked for each time: what that opens has to open at once.
	if (typeof answer !== "string" && answer.kind === "user" && answer.mustEnrol) return answer;
	if (remembered.size >= mostRemembered) remembered.clear();
	const before = remembered.get(name)?.answer;
	// Who has not changed stays the same object: many open streams of a session hold one, and see at once that nothing is new.
	const kept = before !== undefined && isDeepStrictEqual(before, answer) ? before : answer;
	remembered.set(name, { answer: kept, until: performance.now() + believed });
	return kept;
}

async function ask(call: Call, credential: Exclude<Credential, { kind: "none" }>): Promise<Actor | string> {
	if (credential.kind === "cookie") {
		const sessionId = await readSessionId(credential.value);
		return (sessionId && (await findSessionActor(call.db, sessionId))) || anonymous;
	}
	if (!isApiKey(credential.value))
		return (
			(await findTokenActor(call.db, credential.value, call.resource)) ?? "This token is not valid, or it has ended."
		);
	try {
		return await identifyKey(call, credential.value);
	} catch (error) {
		if (error instanceof AppError && error.code === "UNAUTHENTICATED") return error.message;
		throw error;
	}
}

/** What a cookie of ours holds never changes; only whether its session still stands is asked each time. */
const cookies = new Map<string, { sessionId: string; endsAt: number }>();

export async function readSessionId(cookie: string): Promise<string | null> {
	const name = createHash("sha256").update(cookie).digest("base64");
	const known = cookies.get(name);
	if (known && known.endsAt > Date.now()) return known.sessionId;
	// A cookie that does not decrypt is a stranger's, not a fault.
	const token = await decode({ token: cookie, secret: secret("session").toString("hex") }).catch(() => null);
	if (!token?.sid) return null;
	if (cookies.size >= mostRemembered) cookies.clear();
	cookies.set(name, { sessionId: token.sid, endsAt: typeof token.exp === "number" ? token.exp * 1000 : 0 });
	return token.sid;
}
