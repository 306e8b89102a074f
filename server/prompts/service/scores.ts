import { eq, inArray, sql } from "drizzle-orm";
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
	cost: sql<number>`coalesce(sum((${runs.result} -> 'cost' ->> 'micros')::bigint), 0)::float8 / 1000000`,
	up: sql<number>`coalesce(sum((select count(*) from feedback f where f.run_id = ${runs.id} and f.thumb = 'up')), 0)::int`,
	down: sql<number>`coalesce(sum((select count(*) from feedback f where f.run_id = ${runs.id} and f.thumb = 'down')), 0)::int`,
};

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
	const [versions, scores] = await Promise.all([
		db
			.select({ id: promptVersions.id, version: promptVersions.version })
			.from(promptVersions)
			.where(inArray(promptVersions.id, [firstVersionId, secondVersionId])),
		db
			.select({ arm: runs.promptArm, ...scoreColumns, ...scoredColumns })
			.from(runs)
			.where(eq(runs.promptSplitId, id))
			.groupBy(runs.promptArm),
	]);
	const side = (arm: "first" | "second", versionId: string): Arm => {
		const score = scores.find((one) => one.arm === arm);
		return {
			version: versions.find((one) => one.id === versionId)?.version ?? 0,
			runs: score?.runs ?? 0,
			up: score?.up ?? 0,
			down: score?.down ?? 0,
			costPerRun: score && score.runs > 0 ? score.cost / score.runs : null,
			score: score?.score ?? null,
			scored: score?.scored ?? 0,
		};
	};
	return { first: side("first", firstVersionId), second: side("second", secondVersionId) };
}
