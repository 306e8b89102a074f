import type { Reader } from "@/db/connection";
import type { ServiceContext } from "@/server/core/context";

export async function noticeOfFactor(
	_ctx: ServiceContext,
	_tx: Reader,
	_userId: string,
	_what: string,
): Promise<void> {}
