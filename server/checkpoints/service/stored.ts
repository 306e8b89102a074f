import { sql } from "drizzle-orm";
import { z } from "zod";
import type { Reader } from "@/db/connection";
import type { GraphName } from "@/server/agents/contract";
import { type Editable, editables } from "../contract";

/** What a checkpoint says of itself; its channels' values are kept apart. */
const Stored = z.object({
	id: z.string(),
	ts: z.string(),
	step: z.coerce.number().int(),
	versions: z.record(z.string(), z.union([z.string(), z.number()])),
	seen: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number()]))),
});
export type StoredCheckpoint = z.infer<typeof Stored> & { next: string[] };

/** The steps of the assistant's graph as people are told them. */
export const stepWords: Record<string, string> = {
	retrieve: "Search the documents",
	grade: "Weigh the passages",
	remember: "Sum up the earlier turns",
	answer: "Write the answer",
	act: "Use a tool",
	abstain: "Say that there is no answer",
	check: "Check the citations",
	plan: "Make a plan",
	agree: "Wait with the plan",
	research: "Look into the questions",
	gather: "Bring the findings together",
	write: "Write the report",
	review: "Review the report",
};

/** What is decided anew by a step that comes can't be edited before it, and what was used already no more. */
const editableBefore: Record<string, readonly Editable[]> = {
	retrieve: ["question"],
	grade: ["question"],
	remember: ["question", "passages"],
	answer: ["question", "passages"],
};
export const editableOf = (next: readonly string[]): Editable[] =>
	editables.filter((one) => next.some((step) => editableBefore[step]?.includes(one)));

/** Research goes on anew with its plan, which its person changes while it waits: what researchers found is theirs to find again. */
export const mayGoOn = (graph: KnownGraph, next: readonly string[]): boolean =>
	graph === "research" ? next.includes("agree") : next.length > 0;

/** Where edges lead is a channel of its own for each step: one that its step has not seen yet makes it the next one. */
const toStep = "branch:to:";
function nextOf({ versions, seen }: z.infer<typeof Stored>, filled: ReadonlySet<string>): string[] {
	return Object.entries(versions).flatMap(([channel, version]) => {
		if (!channel.startsWith(toStep) || !filled.has(channel)) return [];
		const step = channel.slice(toStep.length);
		return String(seen[step]?.[channel] ?? "") === String(version) ? [] : [step];
	});
}

/** A run's checkpoints, oldest first, without that before it had its question. Whose run it is was asked. */
export async function storedCheckpoints(
	db: Reader,
	runId: string,
	only: string | null = null,
): Promise<StoredCheckpoint[]> {
	const rows = await db.execute<{ filled: string[] | null } & Record<string, unknown>>(sql`
		select checkpoint_id as id, checkpoint ->> 'ts' as ts, metadata ->> 'step' as step,
			checkpoint -> 'channel_versions' as versions, checkpoint -> 'versions_seen' as seen,
			(select json_agg(b.channel) from jsonb_each_text(c.checkpoint -> 'channel_versions') v
				join langgraph.checkpoint_blobs b on b.thread_id = c.thread_id and b.checkpoint_ns = '' and b.channel = v.key
					and b.version = v.value and b.type <> 'empty') as filled
		from langgraph.checkpoints c
		where c.thread_id = ${runId} and c.checkpoint_ns = '' and (${only}::text is null or c.checkpoint_id = ${only})
		order by c.checkpoint_id limit 1000`);
	return rows
		.map(({ filled, ...row }) => {
			const stored = Stored.parse(row);
			return { ...stored, next: nextOf(stored, new Set(filled ?? [])) };
		})
		.filter(({ step }) => step >= 0);
}

/** A passage as a checkpoint holds it: more of it than these is nobody's business here. */
const StoredPassage = z.looseObject({
	...{ chunkId: z.int(), documentId: z.string(), documentName: z.string(), collectionId: z.string() },
	...{ page: z.int(), pageCount: z.int().nullable(), text: z.string() },
});
export type StoredPassage = z.infer<typeof StoredPassage>;
const Round = z.looseObject({
	calls: z.array(z.looseObject({ ref: z.string(), name: z.string(), arguments: z.string() })),
	results: z.array(z.looseObject({ ref: z.string(), content: z.string() })),
});
export type Round = z.infer<typeof Round>;
export const StoredState = z.looseObject({
	question: z.string().default(""),
	collectionIds: z.array(z.string()).nullish(),
	history: z.array(z.unknown()).default([]),
	findings: z.looseObject({ passages: z.array(StoredPassage) }).nullish(),
	supporting: z.array(z.int()).nullish(),
	/** Of research: the questions that it proposed. */
	proposed: z.array(z.string()).nullish(),
	draft: z.looseObject({ text: z.string() }).nullish(),
	remembered: z.looseObject({ memory: z.looseObject({ documentIds: z.array(z.string()) }).nullable() }).nullish(),
	rounds: z.array(Round).default([]),
});
export type StoredState = z.infer<typeof StoredState>;

/** What of each graph's state is known here. */
const channels = {
	assistant: ["question", "collectionIds", "history", "findings", "supporting", "draft", "remembered", "rounds"],
	research: ["question", "collectionIds", "history", "proposed", "draft"],
} as const satisfies Partial<Record<GraphName, readonly string[]>>;
/** Graphs whose runs can be gone back into. */
export type KnownGraph = keyof typeof channels;
export const isKnownGraph = (graph: GraphName): graph is KnownGraph => graph in channels;

/** The state that a checkpoint stands for, channel by channel. */
export async function storedState(
	db: Reader,
	{ runId, graph }: { runId: string; graph: KnownGraph },
	{ id }: StoredCheckpoint,
): Promise<StoredState> {
	const rows = await db.execute<{ channel: string; value: string }>(sql`
		select b.channel, convert_from(b.blob, 'utf8') as value
		from langgraph.checkpoints c, jsonb_each_text(c.checkpoint -> 'channel_versions') v
		join langgraph.checkpoint_blobs b on b.thread_id = ${runId} and b.checkpoint_ns = '' and b.channel = v.key and b.version = v.value
		where c.thread_id = ${runId} and c.checkpoint_ns = '' and c.checkpoint_id = ${id} and b.type = 'json'
			and b.channel in ${channels[graph]}`);
	return StoredState.parse(Object.fromEntries(rows.map(({ channel, value }) => [channel, JSON.parse(value)])));
}
