import { sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { Trace, TraceCost } from "../contract";

export type Sums = Pick<
	Trace,
	"spans" | "failures" | "modelCalls" | "models" | "inputTokens" | "outputTokens" | "cachedTokens" | "costs"
>;

const nothing = (): Sums => ({
	...{ spans: 0, failures: 0, modelCalls: 0, models: [], inputTokens: 0, outputTokens: 0, cachedTokens: 0 },
	costs: [],
});

type Row = {
	trace_id: string;
	currency: string | null;
	micros: string | null;
	spans: number;
	failures: number;
	calls: number;
	models: string[] | null;
	input: string;
	output: string;
	cached: string;
};

/** What each of some traces comes to. A sum of two currencies means nothing: each has its own. */
export async function sumsOf(db: Reader, traces: readonly { traceId: string; day: string }[]): Promise<Sums[]> {
	if (traces.length === 0) return [];
	const asked = JSON.stringify(traces.map(({ traceId, day }) => ({ id: traceId, day })));
	const rows = await db.execute<Row>(sql`
		select s.trace_id, s.currency, sum(s.cost_micros) as micros, count(*)::int as spans,
			(count(*) filter (where s.status = 'failed'))::int as failures,
			(count(*) filter (where s.kind = 'model' and s.status <> 'skipped'))::int as calls,
			array_agg(distinct s.model) filter (where s.kind = 'model' and s.status <> 'skipped') as models,
			coalesce(sum(s.input_tokens), 0) as input, coalesce(sum(s.output_tokens), 0) as output,
			coalesce(sum(s.cached_tokens), 0) as cached
		from jsonb_to_recordset(${asked}::text::jsonb) as t(id uuid, day date)
		join spans s on s.trace_id = t.id and s.day = t.day group by 1, 2`);
	const byTrace = Map.groupBy(rows, (row) => row.trace_id);
	return traces.map(({ traceId }) => (byTrace.get(traceId) ?? []).reduce(add, nothing()));
}

function add(sums: Sums, row: Row): Sums {
	return {
		spans: sums.spans + row.spans,
		failures: sums.failures + row.failures,
		modelCalls: sums.modelCalls + row.calls,
		models: [...new Set([...sums.models, ...(row.models ?? [])])].toSorted(),
		inputTokens: sums.inputTokens + Number(row.input),
		outputTokens: sums.outputTokens + Number(row.output),
		cachedTokens: sums.cachedTokens + Number(row.cached),
		costs: [...sums.costs, ...costOf(row)],
	};
}

export const costOf = ({ currency, micros }: { currency: string | null; micros: string | null }): TraceCost[] =>
	micros === null ? [] : [{ currency, micros: Number(micros) }];
