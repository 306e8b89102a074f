import { type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { notFound } from "@/server/core/errors";
import { type Breakdown, breakdowns, type InsightFigures, type ReadInsights } from "../contract";

const unnamed = {
	model: "A model that is gone",
	agent: "Outside of agents",
	user: "The installation itself",
	group: "A group that is gone",
} as const satisfies Record<Breakdown, string>;

type Only = Pick<ReadInsights, "modelKey" | "agentId" | "userId" | "groupId">;
type Named = { id: string; name: string };

const lookUp = (by: Breakdown, ids: readonly string[]): SQL => {
	switch (by) {
		case "model":
			return sql`select id::text, name from models where id::text in ${ids}`;
		case "agent":
			return sql`select id::text, name from agents where id::text in ${ids}`;
		case "user":
			return sql`select id::text, name from users where id::text in ${ids}`;
		case "group":
			return sql`select id::text, name from groups where id::text in ${ids}`;
	}
};

/** What the environment names has no row: its key is `env:` and its name. */
const nameInKey = (key: string): string | null => /^env:(.+)$/.exec(key)?.[1] ?? null;

/** What people call subjects; those without a name are called by what they are. */
export async function namesOf(db: Reader, by: Breakdown, ids: readonly string[]): Promise<(id: string) => string> {
	const known = ids.filter(Boolean);
	const rows = known.length > 0 ? await db.execute<Named>(lookUp(by, known)) : [];
	const names = new Map(rows.map(({ id, name }) => [id, name]));
	return (id) => names.get(id) ?? (by === "model" ? nameInKey(id) : null) ?? unnamed[by];
}

const missing = { agent: "This agent", user: "This person", group: "This group" } as const;

/** What the figures are narrowed to, in words. A model that nobody names any more has had calls all the same. */
export async function narrowedTo(db: Reader, { modelKey, agentId, userId, groupId }: Only): Promise<string | null> {
	const asked = { model: modelKey, agent: agentId, user: userId, group: groupId };
	const words: string[] = [];
	for (const by of breakdowns) {
		const id = asked[by];
		if (!id) continue;
		const name = (await namesOf(db, by, [id]))(id);
		if (by !== "model" && name === unnamed[by]) throw notFound(missing[by]);
		words.push(name);
	}
	return words.length > 0 ? words.join(", ") : null;
}

/** The same for one's own: what one never asked has no name here, whether it is there or not. */
export async function ownNarrowedTo(db: Reader, only: Only, { calls, runs }: InsightFigures): Promise<string | null> {
	if (!only.modelKey && !only.agentId) return null;
	return calls.calls + (runs?.runs ?? 0) === 0 ? "what you never asked" : narrowedTo(db, only);
}
