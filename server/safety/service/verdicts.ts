import { createHash } from "node:crypto";
import { and, eq, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, safetyOriginals, safetyPolicies, safetyVerdicts, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { maskText } from "@/server/core/mask";
import { seal, unseal } from "@/server/core/vault";
import type { CountVerdicts, ListVerdicts, Revealed, RevealRun, RunVerdict, Verdict, VerdictCounts } from "../contract";
import type { RawVerdict } from "./look";
import type { Mark } from "./marks";

/** Whose text it was, and what it was of. */
export type About = {
	runId: string | null;
	agentId: string | null;
	userId: string;
	about: string | null;
	text: string;
};

/** An id that is worked out from what a row is of. */
function idOf(...parts: (string | number | null)[]): string {
	const hex = createHash("sha256").update(JSON.stringify(parts)).digest("hex");
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const originalPlace = (id: string) => ({ table: "safety_originals", row: id, column: "sealed", version: 1 });

/** Writes down what was found; a text that is looked at again, as the run was taken up anew, gives the same rows. */
export async function writeVerdicts(
	db: Reader,
	{ verdicts, marks = [] }: { verdicts: readonly RawVerdict[]; marks?: readonly Mark[] },
	of: About,
): Promise<void> {
	const { runId, agentId, userId, about } = of;
	if (verdicts.length > 0)
		await db
			.insert(safetyVerdicts)
			.values(
				verdicts.map(({ policy, place, action, found, hasFailed, words }) => ({
					// A refused question may be asked again, and is refused again.
					id: idOf(runId ?? performance.now(), policy.id, policy.version, place, action, about, userId, of.text),
					policyId: policy.id,
					policyVersion: policy.version,
					...{ place, action, found, hasFailed, runId, agentId, userId },
					about: about?.slice(0, 200).toWellFormed().replaceAll("\0", "") ?? null,
					words: words === null ? null : maskText(words).slice(0, 400),
				})),
			)
			.onConflictDoNothing();
	if (marks.length === 0 || !runId) return;
	const rows = marks.map(({ mark, kind, original }) => {
		const id = idOf(runId, mark);
		return { id, runId, userId, mark, kind, sealed: seal(original, originalPlace(id)) };
	});
	await db
		.insert(safetyOriginals)
		.values([...new Map(rows.map((row) => [row.id, row])).values()])
		.onConflictDoNothing();
}

/** What was said, covered or held back in a run, for whoever asked. What is only counted is not told. */
export async function verdictsOfRun(db: Reader, runId: string): Promise<RunVerdict[]> {
	const { place, action, found, hasFailed } = safetyVerdicts;
	const rows = await db
		.select({ policy: safetyPolicies.name, place, action, found, hasFailed })
		.from(safetyVerdicts)
		.innerJoin(safetyPolicies, eq(safetyPolicies.id, safetyVerdicts.policyId))
		.where(and(eq(safetyVerdicts.runId, runId), sql`${safetyVerdicts.action} <> 'shadowed'`))
		.orderBy(safetyVerdicts.createdAt, safetyVerdicts.id)
		.limit(200);
	const together = new Map<string, RunVerdict>();
	for (const row of rows) {
		const key = JSON.stringify([row.policy, row.place, row.action, row.hasFailed]);
		const there = together.get(key);
		const sum = { ...there?.found };
		for (const [kind, count] of Object.entries(row.found)) sum[kind] = (sum[kind] ?? 0) + count;
		together.set(key, { ...row, found: sum });
	}
	return [...together.values()].slice(0, 30);
}

export async function listVerdicts(
	ctx: ServiceContext,
	input: ListVerdicts,
): Promise<{ rows: Verdict[]; next: string | null }> {
	const { policyId, runId, place, action, createdAt } = safetyVerdicts;
	const list = listQuery(input, {
		filter: { policyId, runId, place, action, createdAt },
		sort: { createdAt },
		id: safetyVerdicts.id,
	});
	const rows = await ctx.db.orm
		.select({
			id: safetyVerdicts.id,
			policyId,
			policy: safetyPolicies.name,
			policyVersion: safetyVerdicts.policyVersion,
			detector: safetyPolicies.detector,
			place,
			action,
			found: safetyVerdicts.found,
			hasFailed: safetyVerdicts.hasFailed,
			runId,
			agentName: agents.name,
			userName: users.name,
			about: safetyVerdicts.about,
			words: safetyVerdicts.words,
			createdAt,
			key: list.key,
		})
		.from(safetyVerdicts)
		.innerJoin(safetyPolicies, eq(safetyPolicies.id, safetyVerdicts.policyId))
		.leftJoin(agents, eq(agents.id, safetyVerdicts.agentId))
		.leftJoin(users, eq(users.id, safetyVerdicts.userId))
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

/** How often each policy found something, by place and by what came of it. */
export async function countVerdicts(ctx: ServiceContext, { days }: CountVerdicts): Promise<VerdictCounts> {
	const { policyId, place, action, createdAt } = safetyVerdicts;
	const rows = await ctx.db.orm
		.select({ policyId, name: safetyPolicies.name, place, action, count: sql<number>`count(*)::int` })
		.from(safetyVerdicts)
		.innerJoin(safetyPolicies, eq(safetyPolicies.id, policyId))
		.where(sql`${createdAt} > now() - make_interval(days => ${days}::int)`)
		.groupBy(policyId, safetyPolicies.name, place, action)
		.orderBy(safetyPolicies.name, place, action)
		.limit(500);
	return { counts: rows };
}

/** What stood where a run has marks now. Who looked, and why, is written down first. */
export async function revealRun(ctx: ServiceContext, { runId, reason }: RevealRun): Promise<Revealed> {
	return ctx.db.transaction(async (tx) => {
		const rows = await tx
			.select()
			.from(safetyOriginals)
			.where(eq(safetyOriginals.runId, runId))
			.orderBy(safetyOriginals.createdAt, safetyOriginals.id)
			.limit(500);
		const [first] = rows;
		if (!first) throw notFound("What a policy covered in this run");
		await audit(ctx, tx, {
			action: "safety.reveal",
			resource: "run",
			resourceId: runId,
			runId,
			subjectId: first.userId,
			reason,
			detail: { count: rows.length },
		});
		const originals = rows.map(({ id, mark, kind, sealed }) => ({
			mark,
			kind,
			original: unseal(sealed, originalPlace(id)),
		}));
		return { originals };
	});
}
