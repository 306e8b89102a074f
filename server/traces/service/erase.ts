import { inArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { spans } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";

/** With the runs that they are of. */
export async function removeTraces(tx: Tx, runIds: readonly string[]): Promise<void> {
	await tx.delete(spans).where(inArray(spans.traceId, [...runIds]));
}

/** Some traces of a person who is erased, whatever they were of; answers how many there were. */
export async function eraseTraces({ db }: ServiceContext, userId: string): Promise<number> {
	const some = await db.orm.execute<{ trace_id: string }>(
		sql`select trace_id from spans where user_id = ${userId} and parent_id is null limit 50`,
	);
	if (some.length === 0) return 0;
	const ids = some.map(({ trace_id: id }) => id);
	await db.orm.delete(spans).where(inArray(spans.traceId, ids));
	return ids.length;
}
