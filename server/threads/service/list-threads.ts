import { and, eq, or, type SQL, sql } from "drizzle-orm";
import { grants, runWords, threads, threadWords } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { listQuery } from "@/server/core/list-query";
import { type FoundThread, type ListThreads, threadOwners } from "../contract";
import { selectThreads } from "./columns";

/** One's own threads, or those that others share, newest activity first; those with some words, where one looks for them. */
export async function listThreads(
	ctx: ServiceContext,
	input: ListThreads,
): Promise<{ rows: FoundThread[]; next: string | null }> {
	const user = requireUser(ctx);
	const { words, owner, ...filter } = input.filter ?? {};
	const narrowed = { ...input, filter, words, owner };
	const list = listQuery(narrowed, {
		filter: { agentId: threads.agentId, updatedAt: threads.updatedAt },
		sort: { updatedAt: threads.updatedAt },
		id: threads.id,
	});
	const asked = words?.contains;
	if (asked !== undefined && !/[\p{L}\p{N}]/u.test(asked)) return { rows: [], next: null };
	const owners = ownersOf(owner);
	const whose = or(...owners.map((one) => (one === "caller" ? isOwn(user) : isSharedWith(user))));
	const rows = await selectThreads(ctx, { key: list.key })
		.where(
			and(
				whose ?? sql`false`,
				asked ? hasWords(asked, user, owners) : undefined,
				eq(threads.isCall, false),
				list.where,
			),
		)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	const places = asked ? await findPlaces(ctx, page.rows, asked) : new Map<string, FoundThread["found"]>();
	return { rows: page.rows.map((row) => ({ ...row, found: places.get(row.id) ?? null })), next: page.next };
}

type Owners = NonNullable<ListThreads["filter"]>["owner"];

function ownersOf(asked: Owners = {}): (typeof threadOwners)[number][] {
	const { eq: one, ne: not, in: some } = asked;
	if (!one && !not && !some) return ["caller"];
	return threadOwners.filter((owner) => (!one || owner === one) && owner !== not && (!some || some.includes(owner)));
}

const isOwn = (user: UserActor): SQL => eq(threads.userId, user.userId);
const sharedIds = (user: UserActor): SQL =>
	sql`(select ${grants.resourceId} from ${grants} where ${and(
		eq(grants.resourceKind, "thread"),
		sql`${grants.grantee} in ${[...user.grantees]}`,
	)})`;
const isSharedWith = (user: UserActor): SQL =>
	sql`(${threads.userId} <> ${user.userId} and ${threads.id} = any (array${sharedIds(user)}))`;

/** The last word as a beginning, so that what is being typed finds already. */
const queryOf = (text: string): SQL =>
	sql`regexp_replace(plainto_tsquery('simple', ${text})::text, '''$', ''':*')::tsquery`;
/** As the index of runs says it. */
const hasEnded = sql.raw("state in ('succeeded', 'failed', 'cancelled')");

/**
 * Threads whose title has the words, or one of whose runs has. Of one's own the index is asked for whose they are among the words;
 * those of others are few, and known by their ids.
 */
function hasWords(asked: string, user: UserActor, owners: readonly string[]): SQL {
	const own = sql`(${queryOf(asked)} && quote_literal(${user.userId}::text)::tsquery)`;
	const shared = sql`any (array${sharedIds(user)})`;
	const ways = {
		caller: sql`select id from threads where ${threadWords} @@ ${own}
			union all select thread_id from runs where ${hasEnded} and ${runWords} @@ ${own}`,
		others: sql`select id from threads where id = ${shared} and ${threadWords} @@ ${queryOf(asked)}
			union all select thread_id from runs where thread_id = ${shared} and ${hasEnded} and ${runWords} @@ ${queryOf(asked)}`,
	};
	const chosen = threadOwners.filter((owner) => owners.includes(owner)).map((owner) => ways[owner]);
	// An array is made once; a set that is joined might be made for each row.
	return chosen.length === 0 ? sql`false` : sql`${threads.id} = any (array(${sql.join(chosen, sql` union all `)}))`;
}

/** The newest question or answer of each thread that has the words. Whose threads these are was asked; in each few runs are looked at. */
async function findPlaces(
	ctx: ServiceContext,
	rows: readonly { id: string }[],
	asked: string,
): Promise<Map<string, FoundThread["found"]>> {
	const ids = JSON.stringify(rows.map(({ id }) => id));
	const found = await ctx.db.orm.execute<{ id: string; runId: string; text: string }>(sql`
		select asked.id, newest.id as "runId", ts_headline('simple', newest.question || ' – ' || coalesce(newest.answer, ''),
			${queryOf(asked)}, 'StartSel=«, StopSel=», MaxWords=20, MinWords=10, MaxFragments=1') as text
		from json_array_elements_text(${ids}::text::json) as asked (id) cross join lateral (
			select id, question, answer from runs
			where thread_id = asked.id::uuid and ${hasEnded}
				and to_tsvector('simple', question || ' ' || coalesce(answer, '')) @@ ${queryOf(asked)}
			order by created_at desc limit 1) as newest`);
	return new Map(found.map(({ id, runId, text }) => [id, { runId, text }]));
}
