import { encode } from "next-auth/jwt";
import type { Database } from "@/db/connection";
import { sessions } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { secret } from "@/server/core/secrets";

/** The cookie of a new session of this person. */
export async function cookieOf(
	db: Database,
	{ userId }: UserActor,
	expiresAt = new Date(Date.now() + 600_000),
): Promise<string> {
	const [session] = await db.orm.insert(sessions).values({ userId, expiresAt }).returning({ id: sessions.id });
	const token = await encode({
		token: { sub: userId, sid: session?.id ?? "" },
		secret: secret("session").toString("hex"),
	});
	return `qd_session=${token}`;
}
