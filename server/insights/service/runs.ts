import { type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import type { RunFigures, VerdictFigures } from "../contract";
import { about, type Grouping, type Scope, sinceStart } from "./scope";

export const noRuns = (): RunFigures => ({ runs: 0, failed: 0, succeeded: 0, cached: 0 });
export const noVerdicts = (): VerdictFigures => ({ shadowed: 0, warned: 0, redacted: 0, blocked: 0 });

type Counted = { key: string | null; kind: string; count: number };

/** Questions and what came of them. Those that were given again have an index of their own: no result is opened for it. */
export async function tallyRuns(db: Reader, scope: Scope, grouping: Grouping): Promise<Map<string, RunFigures>> {
	const [states, cached] = await Promise.all([
		count(db, sql`select m.state as kind, m.* from runs m`, scope, grouping),
		count(
			db,
			sql`select 'cached' as kind, m.* from runs m where m.result ? 'cached' and m.state = 'succeeded'`,
			scope,
			grouping,
		),
	]);
	return fold([...states, ...cached], noRuns, (figures, { kind, count: more }) => {
		if (kind === "cached") figures.cached += more;
		else figures.runs += more;
		if (kind === "failed" || kind === "succeeded") figures[kind] += more;
	});
}

export async function tallyVerdicts(
	db: Reader,
	scope: Scope,
	grouping: Grouping,
): Promise<Map<string, VerdictFigures>> {
	const rows = await count(db, sql`select m.action as kind, m.* from safety_verdicts m`, scope, grouping);
	return fold(rows, noVerdicts, (figures, { kind, count: more }) => {
		if (isAction(kind)) figures[kind] += more;
	});
}

const isAction = (kind: string): kind is keyof VerdictFigures => Object.hasOwn(noVerdicts(), kind);

const count = (db: Reader, rows: SQL, scope: Scope, { key, join }: Grouping): Promise<Counted[]> =>
	db.execute<Counted>(sql`
		select ${key} as key, m.kind, count(*)::int as count from (${rows}) m ${join}
		where ${sinceStart(scope)} and ${about(scope)} group by 1, 2`);

function fold<Figures>(
	rows: readonly Counted[],
	empty: () => Figures,
	add: (figures: Figures, row: Counted) => void,
): Map<string, Figures> {
	const found = new Map<string, Figures>();
	for (const row of rows) {
		const figures = found.get(row.key ?? "") ?? empty();
		found.set(row.key ?? "", figures);
		add(figures, row);
	}
	return found;
}
