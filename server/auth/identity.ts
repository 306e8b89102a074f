import { decode } from "next-auth/jwt";
import type { Database } from "@/db/connection";
import type { Actor, UserActor } from "@/server/core/actor";
import { secret } from "@/server/core/secrets";
import { readCookie, sessionCookie } from "./cookies";
import { findSessionActor } from "./service";

const anonymous: Actor = { kind: "anonymous" };

/** How long an answer about a session is believed, in ms: the longest that a revoked session still works. */
const believed = 2_000;
const mostRemembered = 10_000;
const remembered = new Map<string, { actor: UserActor | null; until: number }>();

/** Who holds this session cookie, if its session is alive. */
export async function identify(db: Database, cookie: string | undefined): Promise<Actor> {
	if (!cookie) return anonymous;
	const known = remembered.get(cookie);
	if (known && known.until > performance.now()) return known.actor ?? anonymous;
	const sessionId = await readSessionId(cookie);
	const actor = sessionId ? await findSessionActor(db, sessionId) : null;
	if (remembered.size >= mostRemembered) remembered.clear();
	remembered.set(cookie, { actor, until: performance.now() + believed });
	return actor ?? anonymous;
}

export async function readSessionId(cookie: string): Promise<string | null> {
	// A cookie that does not decrypt is a stranger's, not a fault.
	const token = await decode({ token: cookie, secret: secret("session").toString("hex") }).catch(() => null);
	return token?.sid ?? null;
}

/** The session cookie among a request's cookies. */
export const readSessionCookie = (header: string | null): string | undefined => readCookie(header, sessionCookie.name);
