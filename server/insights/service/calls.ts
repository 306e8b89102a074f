import { type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { CallFigures } from "../contract";
import { about, bySubject, eachPoint, type Scope, sinceStart } from "./scope";

type Row = {
	key: string | null;
	calls: number;
	failed: number;
	answered: number;
	fallbacks: number;
	input: number;
	output: number;
	kept: number;
	latency: (number | null)[] | null;
	firstToken: (number | null)[] | null;
};
type CostRow = { key: string | null; currency: string | null; micros: number };

export const noCalls = (): CallFigures => ({
	...{ calls: 0, failed: 0, answered: 0, fallbacks: 0, inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
	...{ latency: { p50: null, p95: null }, firstToken: { p50: null, p95: null }, costs: [] },
});

const percentiles = (of: "ms" | "first_token_ms"): SQL =>
	sql`percentile_cont(array[0.5, 0.95]) within group (order by m.${sql.raw(of)}) filter (where m.outcome = 'answered')`;

/** Percentiles are exact, and of all calls that they stand for: none is put together from others. */
const columns = sql`count(*)::int as calls,
	(count(*) filter (where m.outcome = 'failed'))::int as failed,
	(count(*) filter (where m.outcome = 'answered'))::int as answered,
	(count(*) filter (where m.outcome = 'answered' and m.hop > 1))::int as fallbacks,
	coalesce(sum(m.input_tokens), 0)::float8 as input,
	coalesce(sum(m.output_tokens), 0)::float8 as output,
	coalesce(sum(m.cached_tokens), 0)::float8 as kept,
	${percentiles("ms")} as latency,
	${percentiles("first_token_ms")} as "firstToken"`;
const costColumns = sql`m.currency, sum(m.cost_micros)::float8 as micros`;
const ofScope = (scope: Scope): SQL =>
	scope.modelKey ? sql`${about(scope)} and m.model_key = ${scope.modelKey}` : about(scope);

export async function allCalls(db: Reader, scope: Scope): Promise<CallFigures> {
	const where = sql`${sinceStart(scope)} and ${ofScope(scope)}`;
	const rows = await db.execute<Row>(sql`select '' as key, ${columns} from model_calls m where ${where}`);
	const costs = await db.execute<CostRow>(
		sql`select '' as key, ${costColumns} from model_calls m where ${where} and m.cost_micros is not null group by m.currency`,
	);
	return toFigures(rows, costs).get("") ?? noCalls();
}

/** Point by point, each by its own stretch of the index: a million calls are never sorted together. */
export async function callsByPoint(db: Reader, scope: Scope): Promise<Map<string, CallFigures>> {
	const inside = sql`m.created_at >= d.at and m.created_at < d.until and ${ofScope(scope)}`;
	const rows = await db.execute<Row>(sql`
		select d.n::text as key, c.* from ${eachPoint(scope)}
		cross join lateral (select ${columns} from model_calls m where ${inside}) c`);
	const costs = await db.execute<CostRow>(sql`
		select d.n::text as key, c.* from ${eachPoint(scope)}
		cross join lateral (select ${costColumns} from model_calls m where ${inside} and m.cost_micros is not null group by m.currency) c`);
	return toFigures(rows, costs);
}

export async function callsBySubject(db: Reader, scope: Scope): Promise<Map<string, CallFigures>> {
	const { key, join } = bySubject[scope.by];
	const from = sql`from model_calls m ${join} where ${sinceStart(scope)} and ${ofScope(scope)}`;
	const rows = await db.execute<Row>(sql`select ${key} as key, ${columns} ${from} group by 1`);
	const costs = await db.execute<CostRow>(
		sql`select ${key} as key, ${costColumns} ${from} and m.cost_micros is not null group by 1, m.currency`,
	);
	return toFigures(rows, costs);
}

function toFigures(rows: readonly Row[], costs: readonly CostRow[]): Map<string, CallFigures> {
	const found = new Map<string, CallFigures>();
	for (const { key, calls, failed, answered, fallbacks, input, output, kept, latency, firstToken } of rows)
		found.set(key ?? "", {
			...{ calls, failed, answered, fallbacks, inputTokens: input, outputTokens: output, cachedTokens: kept },
			...{ latency: toPercentiles(latency), firstToken: toPercentiles(firstToken), costs: [] },
		});
	for (const { key, micros, currency } of costs) found.get(key ?? "")?.costs.push({ micros, currency });
	return found;
}

const toPercentiles = (both: (number | null)[] | null) => ({ p50: both?.[0] ?? null, p95: both?.[1] ?? null });
