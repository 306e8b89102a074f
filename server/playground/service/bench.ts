import { and, desc, eq, sql } from "drizzle-orm";
import { agentVersions, playgrounds, prompts, promptVersions, runEvents, runs } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { mayReadRow } from "@/server/core/grants";
import { unreadableDocuments } from "@/server/knowledge/service";
import { type PromptVariable, PromptVariables } from "@/server/prompts/contract";
import type { Citation } from "@/server/runs/contract";
import { askedAt, hideSources, toRunEvent } from "@/server/runs/service";
import { Bench, type KeepBench, type KeptBench, type RunToTry, type TriedRun } from "../contract";

/** What the caller left in their playground. One that an earlier edition wrote and this one can't read is begun anew. */
export async function getBench(ctx: ServiceContext): Promise<KeptBench> {
	const { userId } = requireUser(ctx);
	const [row] = await ctx.db.orm
		.select({ bench: playgrounds.bench })
		.from(playgrounds)
		.where(eq(playgrounds.userId, userId));
	const read = Bench.safeParse(row?.bench);
	return { bench: read.success ? { ...read.data, passages: await stillReadable(ctx, read.data.passages) } : null };
}

/** Without those of documents that the caller may not read any more. */
async function stillReadable(ctx: ServiceContext, passages: Bench["passages"]): Promise<Bench["passages"]> {
	const gone = new Set(await unreadableDocuments(ctx, sourcesOf(passages)));
	return passages.filter(({ documentId }) => documentId === null || !gone.has(documentId));
}

/** The documents that passages were taken from. */
export const sourcesOf = (passages: Bench["passages"]): string[] => [
	...new Set(passages.flatMap(({ documentId }) => documentId ?? [])),
];

/** Nothing of it goes into the audit: it is nobody's but theirs until they save it. */
export async function keepBench(ctx: ServiceContext, { bench }: KeepBench): Promise<void> {
	const { userId } = requireUser(ctx);
	await ctx.db.orm
		.insert(playgrounds)
		.values({ userId, bench })
		.onConflictDoUpdate({ target: playgrounds.userId, set: { bench, updatedAt: sql`now()` } });
}

const mostPassages = 8;
const longestPassage = 4_000;

/** What a run of the caller's own was asked with. Its prompt is in it where they may read that by themselves. */
export async function getTriedRun(ctx: ServiceContext, { runId }: RunToTry): Promise<TriedRun> {
	const user = requireUser(ctx);
	const [run] = await ctx.db.orm
		.select({ question: runs.question, model: agentVersions.model })
		.from(runs)
		.innerJoin(agentVersions, eq(agentVersions.id, runs.agentVersionId))
		.where(and(eq(runs.id, runId), eq(runs.userId, user.userId)));
	if (!run) throw notFound("This run");
	const [prompt] = await ctx.db.orm
		.select({
			promptId: prompts.id,
			promptName: prompts.name,
			version: promptVersions.version,
			body: promptVersions.body,
			variables: sql<PromptVariable[]>`${promptVersions.variables}`,
		})
		.from(runs)
		.innerJoin(promptVersions, eq(promptVersions.id, runs.promptVersionId))
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(and(eq(runs.id, runId), mayReadRow(user, "prompt", { id: prompts.id, ownerId: prompts.ownerId })));
	const none = { promptId: null, promptName: null, version: null, body: "", variables: [] };
	const found = prompt ? { ...prompt, variables: PromptVariables.parse(prompt.variables) } : none;
	return { ...found, ...run, passages: await passagesFor(ctx, runId) };
}

/** What was found for it, as far as the caller may read it today. */
async function passagesFor(ctx: ServiceContext, runId: string): Promise<TriedRun["passages"]> {
	const [row] = await ctx.db.orm
		.select()
		.from(runEvents)
		.where(and(eq(runEvents.runId, runId), eq(runEvents.runAt, askedAt(runId)), eq(runEvents.type, "passages.found")))
		.orderBy(desc(runEvents.seq))
		.limit(1);
	const body = row ? toRunEvent(row).body : null;
	const found: Citation[] = body?.type === "passages.found" ? body.citations : [];
	const [shown = []] = await hideSources(ctx, [found]);
	return shown
		.filter(({ snippet }) => snippet !== "")
		.slice(0, mostPassages)
		.map(({ documentId, documentName, snippet }) => ({
			...{ name: documentName.slice(0, 300), text: snippet.slice(0, longestPassage) },
			documentId,
		}));
}
