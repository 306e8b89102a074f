import { eq } from "drizzle-orm";
import { users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";

/** The person on whose behalf a document is read; null where the account is gone. */
export async function findUploader(ctx: ServiceContext, userId: string): Promise<UserActor | null> {
	const [user] = await ctx.db.orm
		.select({ name: users.name, role: users.role })
		.from(users)
		.where(eq(users.id, userId));
	return user ? { kind: "user", userId, ...user, sessionId: null } : null;
}
