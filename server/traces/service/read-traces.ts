import { and, eq, isNull, type SQL, sql } from "drizzle-orm";
import { agents, runs, spans, users } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { listQuery } from "@/server/core/list-query";
import type { ListTraces, OneTrace, SpanKind, Trace, TraceCost, TraceHead } from "../contract";
import { goingRoots } from "./going";
import { policyNow } from "./policy";
import { costOf, type Sums, sumsOf } from "./sums";
import { findTrace, mayReadSaid, maySee } from "./visible";

const named = (ctx: ServiceContext) => ({
	agentName: sql<string | null>`(select ${agents.name} from ${agents} where ${agents.id} = ${spans.agentId})`,
	userName: sql<string | null>`(select ${users.name} from ${users} where ${users.id} = ${spans.userId})`,
	// Whose chat it is may open it: for others its address leads nowhere.
	threadId: sql<string | null>`(select ${runs.threadId} from ${runs}
		where ${runs.id} = ${spans.runId} and ${runs.userId} = ${requireUser(ctx).userId})`,
});

type Root = Pick<
	typeof spans.$inferSelect,
	"traceId" | "kind" | "name" | "errorCode" | "startedAt" | "ms" | "firstTokenMs" | "runId" | "agentId" | "userId"
> &
	Pick<Trace, "status" | "agentName" | "userName" | "threadId">;

const toTrace = (root: Root, sums: Sums): Trace => ({
	id: root.traceId,
	kind: root.kind === "trial" ? "trial" : "run",
	name: root.name,
	...{ status: root.status, errorCode: root.errorCode, startedAt: root.startedAt, ms: root.ms },
	...{ firstTokenMs: root.firstTokenMs, runId: root.runId, threadId: root.threadId },
	...{ agentId: root.agentId, agentName: root.agentName, userId: root.userId, userName: root.userName },
	...sums,
});

const hasFailures = sql<boolean>`exists (select from spans f
	where f.trace_id = ${spans.traceId} and f.day = ${spans.day} and f.status = 'failed')`;

const asked = (model: string | undefined): SQL | undefined =>
	model === undefined
		? undefined
		: sql`exists (select from spans m where m.trace_id = ${spans.traceId} and m.day = ${spans.day}
			and m.kind = 'model' and m.status <> 'skipped' and m.model = ${model})`;

export async function listTraces(
	ctx: ServiceContext,
	input: ListTraces,
): Promise<{ rows: Trace[]; next: string | null }> {
	const { model, ...filter } = input.filter ?? {};
	const { kind, status, agentId, userId, startedAt, ms } = spans;
	const narrowed = { ...input, filter, model };
	const list = listQuery(narrowed, {
		filter: { kind, status, agentId, userId, startedAt, ms, hasFailures },
		sort: { startedAt },
		id: spans.traceId,
	});
	const { samplePercent } = await policyNow(ctx.db);
	const rootsOf = (from: typeof spans | ReturnType<typeof goingRoots>) =>
		ctx.db.orm
			.select({ ...rootColumns, ...named(ctx), key: list.key })
			.from(from)
			.where(and(isNull(spans.parentId), maySee(ctx, spans.userId), list.where, asked(model?.eq)))
			.orderBy(...list.orderBy)
			.limit(list.limit);
	// Each in the list's order and as far as a page reaches, so that the page of both is the page of all.
	const [over, going] = await Promise.all([rootsOf(spans), rootsOf(goingRoots(samplePercent))]);
	const both = [...over, ...going].toSorted(input.sort === "startedAt" ? byKey : (one, other) => byKey(other, one));
	const { rows, next } = list.page(both.slice(0, list.limit));
	const sums = await sumsOf(ctx.db.orm, rows);
	return { rows: rows.flatMap((row, at) => toTraces(row, sums[at])), next };
}

const { traceId, day, kind, name, status, errorCode, startedAt, ms, firstTokenMs, runId, agentId, userId } = spans;
const rootColumns = {
	...{ id: traceId, traceId, day, kind, name, errorCode, startedAt, ms, firstTokenMs, runId, agentId, userId },
	status: sql<Trace["status"]>`${status}`,
};

type Placed = { startedAt: Date; key: string; id: string };
/** To the microsecond, which is in the key; then by the id, as the list goes. */
const byKey = (one: Placed, other: Placed): number =>
	one.startedAt.getTime() - other.startedAt.getTime() || compared(one.key, other.key) || compared(one.id, other.id);
const compared = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

const toTraces = (root: Root, sums: Sums | undefined): Trace[] => (sums ? [toTrace(root, sums)] : []);

type ByKind = { kind: SpanKind; count: number; failures: number; ms: number };
type ByModel = {
	model: string;
	connection: string | null;
	currency: string | null;
	calls: number;
	failures: number;
	input: string;
	output: string;
	micros: string | null;
	ms: number;
	first: number | null;
};

export async function readTrace(ctx: ServiceContext, { traceId }: OneTrace): Promise<TraceHead> {
	const { db } = ctx;
	const found = await findTrace(ctx, traceId);
	const mayReadContent = await mayReadSaid(ctx, found);
	const here = sql`trace_id = ${traceId} and day = ${found.day}`;
	const [[sums], kinds, models, [names], [told]] = await Promise.all([
		sumsOf(db.orm, [found]),
		db.orm.execute<ByKind>(sql`
			select kind, count(*)::int as count, (count(*) filter (where status = 'failed'))::int as failures, sum(ms) as ms
			from spans where ${here} group by kind order by 4 desc, 1`),
		db.orm.execute<ByModel>(sql`
			select model, connection, currency, count(*)::int as calls, (count(*) filter (where status = 'failed'))::int as failures,
				coalesce(sum(input_tokens), 0) as input, coalesce(sum(output_tokens), 0) as output, sum(cost_micros) as micros,
				sum(ms) as ms, min(first_token_ms) as first
			from spans where ${here} and kind = 'model' and status <> 'skipped' group by 1, 2, 3 order by 1, 2, 3`),
		found.root
			? db.orm
					.select(named(ctx))
					.from(spans)
					.where(and(eq(spans.traceId, traceId), eq(spans.day, found.day), isNull(spans.parentId)))
			: namesOfRun(ctx, traceId),
		db.orm.execute<{ may: boolean | null }>(sql`
			select bool_and(${mayReadContent}) as may from ${spans} where ${here} and kind = 'model'`),
	]);
	if (!sums) throw new Error("a trace without sums");
	const unnamed = { agentName: null, userName: null, threadId: null };
	const root = found.root ?? openRoot(found.startedAt, found.run, traceId);
	return {
		...toTrace({ ...root, ...unnamed, ...names }, sums),
		kinds: [...kinds],
		byModel: [...Map.groupBy(models, ({ model, connection }) => `${model}\n${connection}`).values()].map(toModel),
		isOver: found.root !== null,
		mayReadContent: told?.may ?? false,
	};
}

function toModel(rows: ByModel[]): TraceHead["byModel"][number] {
	const sum = (of: (row: ByModel) => number) => rows.reduce((total, row) => total + of(row), 0);
	const firsts = rows.flatMap(({ first }) => (first === null ? [] : [first]));
	return {
		model: rows[0]?.model ?? "",
		connection: rows[0]?.connection ?? null,
		calls: sum(({ calls }) => calls),
		failures: sum(({ failures }) => failures),
		inputTokens: sum(({ input }) => Number(input)),
		outputTokens: sum(({ output }) => Number(output)),
		costs: rows.flatMap((row): TraceCost[] => costOf(row)),
		ms: sum(({ ms }) => ms),
		firstTokenMs: firsts.length > 0 ? Math.min(...firsts) : null,
	};
}

const namesOfRun = (ctx: ServiceContext, runId: string) =>
	ctx.db.orm
		.select({
			agentName: agents.name,
			userName: users.name,
			name: sql<string>`(select graph from agent_versions where id = ${runs.agentVersionId})`,
			threadId: sql<string | null>`case when ${runs.userId} = ${requireUser(ctx).userId} then ${runs.threadId} end`,
		})
		.from(runs)
		.innerJoin(agents, eq(agents.id, runs.agentId))
		.innerJoin(users, eq(users.id, runs.userId))
		.where(eq(runs.id, runId));

/** What stands for the root of a run that goes on. */
const openRoot = (startedAt: Date, run: { userId: string; agentId: string } | null, traceId: string) => ({
	...{ traceId, kind: "run" as const, name: "run", status: "running" as const, errorCode: null, startedAt },
	...{ ms: Math.max(0, Date.now() - startedAt.getTime()), firstTokenMs: null, runId: traceId },
	...{ agentId: run?.agentId ?? null, userId: run?.userId ?? null },
});
