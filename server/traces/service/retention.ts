import { sql } from "drizzle-orm";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { policyNow } from "./policy";

/** Makes the days that are next, before anybody needs them. */
export async function makeDays({ db }: ServiceContext): Promise<void> {
	for (const days of [0, 1, 2])
		await db.orm.execute(sql`select spans_make_day(((now() at time zone 'UTC')::date + ${days}::int))`);
}

/** Drops whole days that have served their time, oldest first. Answers which. */
export async function dropDays(ctx: ServiceContext): Promise<string[]> {
	const { retentionDays } = await policyNow(ctx.db);
	const dropped: string[] = [];
	for (let isMore = true; isMore && !ctx.signal?.aborted; ) {
		isMore = await ctx.db.transaction(async (tx) => {
			const [row] = await tx.execute<{ day: string | null }>(
				sql`select spans_drop_day((now() at time zone 'UTC')::date - ${retentionDays}::int)::text as day`,
			);
			if (!row?.day) return false;
			await audit(ctx, tx, { action: "traces.drop", resource: "traces", detail: { day: row.day } });
			dropped.push(row.day);
			return true;
		});
	}
	return dropped;
}

/** Of runs that were deleted while their spans were on their way. */
export async function dropStrays({ db }: ServiceContext): Promise<number> {
	const gone = await db.orm.execute(sql`
		delete from spans s where s.day >= (now() at time zone 'UTC')::date - 2 and s.run_id is not null
			and not exists (select from runs r where r.id = s.run_id) returning id`);
	return gone.length;
}
