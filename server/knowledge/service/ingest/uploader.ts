import type { UserActor } from "@/server/core/actor";
import type { ServiceContext } from "@/server/core/context";
import { readUserActor } from "@/server/core/rights";

/** The person on whose behalf a document is read; null where the account is gone. */
export const findUploader = (ctx: ServiceContext, userId: string): Promise<UserActor | null> =>
	readUserActor(ctx.db.orm, userId);
