import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { csvLine } from "@/server/core/csv";
import type { InsightRow, InsightsFile, ReadInsights } from "../contract";
import { everybodysInsights } from "./read";

const columns = [
	...["Calls", "Failed calls", "Fallbacks", "Input tokens", "Output tokens"],
	...["p50 ms", "p95 ms", "First token p50 ms", "First token p95 ms"],
	...[
		"Runs",
		"Failed runs",
		"Given again",
		"Verdicts blocked",
		"Verdicts redacted",
		"Verdicts warned",
		"Verdicts shadowed",
	],
	...["Cost", "Currency"],
];

/** The breakdown as a spreadsheet reads it. Of a subject with prices in two currencies there are two lines, and only the first has its counts. */
export async function exportInsights(ctx: ServiceContext, input: ReadInsights): Promise<InsightsFile> {
	const { breakdown } = await everybodysInsights(ctx, input);
	const { span, by, ...only } = input;
	await audit(ctx, ctx.db.orm, { action: "insights.export", resource: "insights", detail: { span, by, ...only } });
	const head = csvLine([`By ${by}`, "Id", ...columns]);
	return { name: `insights-${by}-${span}.csv`, content: [head, ...breakdown.flatMap(linesOf)].join("") };
}

function linesOf({ subject, name, calls, runs, verdicts }: InsightRow): string[] {
	const counts = [
		...[calls.calls, calls.failed, calls.fallbacks, calls.inputTokens, calls.outputTokens],
		...[calls.latency.p50, calls.latency.p95, calls.firstToken.p50, calls.firstToken.p95],
		...[runs?.runs ?? null, runs?.failed ?? null, runs?.cached ?? null],
		...[verdicts?.blocked ?? null, verdicts?.redacted ?? null, verdicts?.warned ?? null, verdicts?.shadowed ?? null],
	];
	const [first, ...others] = calls.costs;
	const cost = ({ micros, currency }: { micros: number; currency: string | null }) => [micros / 1_000_000, currency];
	return [
		csvLine([name, subject, ...counts, ...(first ? cost(first) : [null, null])]),
		...others.map((one) => csvLine([name, subject, ...counts.map(() => null), ...cost(one)])),
	];
}
