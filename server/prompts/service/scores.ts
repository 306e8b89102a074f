import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { promptVersions, runs } from "@/db/schema";
import type { Arm } from "../contract";

const tokens = (name: "inputTokens" | "outputTokens") =>
	sql<number>`coalesce(sum((${runs.result} -> 'usage' ->> ${sql.raw(`'${name}'`)})::bigint), 0)::float8`;

/** What runs have come to: how many, what they took, what people say of them. */
export const scoreColumns = {
	runs: sql<number>`count(*)::int`,
	failed: sql<number>`(count(*) filter (where ${runs.state} = 'failed'))::int`,
	inputTokens: tokens("inputTokens"),
	outputTokens: tokens("outputTokens"),
	up: sql<number>`coalesce(sum((select count(*) from feedback f where f.run_id = ${runs.id} and f.thumb = 'up')), 0)::int`,
	down: sql<number>`coalesce(sum((select count(*) from feedback f where f.run_id = ${runs.id} and f.thumb = 'down')), 0)::int`,
};

export type Spent = { micros: number; currency: string | null };

/** What runs cost in each currency, the greatest sum first, by what `key` says of each run. */
export async function costsBy(db: Reader, key: SQL, where: SQL | undefined): Promise<Map<string, Spent[]>> {
	const part = sql.raw("part");
	const rows = await db
		.select({
			key: sql<string>`${key}::text`,
			currency: sql<string | null>`${part} ->> 'currency'`,
			micros: sql<number>`sum((${part} ->> 'micros')::bigint)::float8`,
		})
		.from(runs)
		.innerJoin(
			sql`lateral jsonb_array_elements(jsonb_build_array(${runs.result} -> 'cost')
				|| coalesce(${runs.result} -> 'cost' -> 'others', '[]')) as ${part}`,
			sql`true`,
		)
		.where(and(sql`${runs.result} ? 'cost'`, where))
		.groupBy(sql`1`, sql`2`)
		.orderBy(sql`3 desc`);
	const all = Map.groupBy(rows, (row) => row.key);
	return new Map([...all].map(([of, sums]) => [of, sums.map(({ micros, currency }) => ({ micros, currency }))]));
}

/** What online scoring gave them: a run counts once, by the mean of its scorers. */
const scoreOfRun = sql`(select avg(s.score) from run_scores s where s.run_id = ${runs.id})`;
const scoredColumns = {
	score: sql<number | null>`avg(${scoreOfRun})::float8`,
	scored: sql<number>`count(${scoreOfRun})::int`,
};

/** Both sides of a split, with what has come of them. */
export async function armsOf(
	db: Reader,
	{ id, firstVersionId, secondVersionId }: { id: string; firstVersionId: string; secondVersionId: string },
): Promise<{ first: Arm; second: Arm }> {
	const [versions, scores, costs] = await Promise.all([
		db
			.select({ id: promptVersions.id, version: promptVersions.version })
			.from(promptVersions)
			.where(inArray(promptVersions.id, [firstVersionId, secondVersionId])),
		db
			.select({ arm: runs.promptArm, ...scoreColumns, ...scoredColumns })
			.from(runs)
			.where(eq(runs.promptSplitId, id))
			.groupBy(runs.promptArm),
		costsBy(db, sql`${runs.promptArm}`, eq(runs.promptSplitId, id)),
	]);
	const side = (arm: "first" | "second", versionId: string): Arm => {
		const score = scores.find((one) => one.arm === arm);
		const [most = { micros: 0, currency: null }] = costs.get(arm) ?? [];
		return {
			version: versions.find((one) => one.id === versionId)?.version ?? 0,
			runs: score?.runs ?? 0,
			up: score?.up ?? 0,
			down: score?.down ?? 0,
			costPerRun: score && score.runs > 0 ? most.micros / 1_000_000 / score.runs : null,
			currency: most.currency,
			score: score?.score ?? null,
			scored: score?.scored ?? 0,
		};
	};
	return { first: side("first", firstVersionId), second: side("second", secondVersionId) };
}
