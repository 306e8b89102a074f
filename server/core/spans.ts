import { AsyncLocalStorage } from "node:async_hooks";
import { createHash, randomBytes } from "node:crypto";
import type { SpanContent, spans } from "@/db/schema";
import { AppError } from "./errors";

/** A span as it is written; `startedAt` in ms since 1970, to a fraction. */
export type SpanRow = Omit<typeof spans.$inferInsert, "startedAt"> & { startedAt: number };
/** What whoever does a thing knows of it; the rest is known from where it is done. */
export type SpanFacts = Partial<
	Omit<SpanRow, "day" | "traceId" | "id" | "parentId" | "kind" | "startedAt" | "ms"> & {
		/** It goes on elsewhere, or later: nothing is told of it. */
		isUntold: boolean;
	}
>;

/** Takes spans that are over. Never throws, and nobody waits for it. */
export type SpanSink = {
	take: (span: NotedSpan) => void;
	/** Whether what is told and said is wanted now. */
	wantsContent: () => boolean;
};
/** What all spans of a trace have in common. */
export type TraceOf = Pick<SpanRow, "day" | "traceId"> &
	Pick<SpanRow, "runId" | "userId" | "keyId" | "agentId" | "promptVersionId"> & {
		sink: SpanSink;
		/** The documents that were read for it so far: whatever a model is told from now on may hold their words. */
		sources: Set<string>;
		/** Wall time at `performance.now()` 0, the same for the whole trace, so that its spans stand rightly to each other. */
		epoch: number;
	};
/** A span that goes on, with those that it is part of. Its beginning is by `performance.now()`. */
export type Scope = { trace: TraceOf; id: string; startedAt: number; parent: Scope | null };
export type NotedSpan = { row: SpanRow; parent: Scope | null };

const scopes = new AsyncLocalStorage<Scope>();

/** The span that what runs now is part of; null where nothing is traced. */
export const scopeNow = (): Scope | null => scopes.getStore() ?? null;

/** The same for the same words in the same trace: what is done again after a crash is written once. */
export const spanIdOf = (traceId: string, key: string): string =>
	createHash("sha256").update(`${traceId}/${key}`).digest("hex").slice(0, 16);

/** Documents whose words are about to be handed on, to a model also: who opens the trace later must be able to read them then. */
export function noteSources(documentIds: Iterable<string>): void {
	const sources = scopeNow()?.trace.sources;
	if (sources) for (const id of documentIds) sources.add(id);
}

/** Runs `work` as part of the span. */
export const within = <T>(scope: Scope, work: () => T): T => scopes.run(scope, work);

/** Runs each step of a generator as part of the span, whoever asks for the next. */
export async function* stepsWithin<T, End>(scope: Scope, steps: AsyncGenerator<T, End>): AsyncGenerator<T, End> {
	let isOver = false;
	try {
		for (;;) {
			const step = await within(scope, () => steps.next());
			isOver = step.done ?? false;
			if (step.done) return step.value;
			yield step.value;
		}
	} finally {
		// What was left half way is ended with its reader.
		if (!isOver) await within(scope, () => steps.return(undefined as End));
	}
}

type Named = {
	kind: SpanRow["kind"];
	name: string;
	/** Where it is the same span whenever it is done again. */
	key?: string;
};

/**
 * Does something as a span of its own, with what `facts` is filled with meanwhile. Where nothing is traced it is simply done.
 * What is thrown passes: it failed, unless `goesOn` says that it does so elsewhere, and is then not told of.
 */
export async function inSpan<T>(
	{ kind, name, key }: Named,
	work: (facts: SpanFacts) => Promise<T>,
	goesOn: (error: unknown) => boolean = () => false,
): Promise<T> {
	const parent = scopeNow();
	if (!parent) return work({});
	const scope: Scope = { trace: parent.trace, id: idOf(parent, key), startedAt: performance.now(), parent };
	const facts: SpanFacts = {};
	try {
		const result = await scopes.run(scope, () => work(facts));
		endSpan(scope, kind, { name, ...facts });
		return result;
	} catch (error) {
		if (!goesOn(error)) endSpan(scope, kind, { name, ...facts, ...whyOf(error) });
		throw error;
	}
}

/** Tells of something that is over and began at `startedAt`, by `performance.now()`, as part of what runs now or of `parent`. */
export function noteSpan(
	{ kind, name, key, id }: Named & { id?: string },
	startedAt: number,
	facts: SpanFacts = {},
	parent: Scope | null = scopeNow(),
): void {
	if (!parent) return;
	const scope: Scope = { trace: parent.trace, id: id ?? idOf(parent, key), startedAt, parent };
	endSpan(scope, kind, { name, ...facts });
}

/** The end of a span that was opened by hand, such as the root of a trace. */
export function endSpan(
	{ trace, id, startedAt, parent }: Scope,
	kind: SpanRow["kind"],
	{ isUntold, name, ...facts }: SpanFacts & { name: string },
): void {
	if (isUntold) return;
	const { sink, epoch, sources, promptVersionId, ...of } = trace;
	sink.take({
		parent,
		row: {
			...of,
			// Of what was told to a model.
			...(kind === "model" || kind === "run" ? { promptVersionId: promptVersionId ?? null } : {}),
			status: "ok",
			...facts,
			...{ id, parentId: parent?.id ?? null, kind, name: name.slice(0, 200) },
			startedAt: rounded(epoch + startedAt),
			ms: Math.max(0, rounded(performance.now() - startedAt)),
			attributes: bounded(facts.attributes ?? {}),
			content: facts.content ? shortened(facts.content, sources) : null,
		},
	});
}

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

const idOf = ({ trace: { traceId } }: Scope, key: string | undefined): string =>
	key === undefined ? randomBytes(8).toString("hex") : spanIdOf(traceId, key);

/** Never the words of a failure, which may quote what somebody wrote: its code, or what it is called. */
function whyOf(error: unknown): Pick<SpanRow, "status" | "errorCode"> {
	if (error instanceof AppError) return { status: "failed", errorCode: error.code };
	if (!(error instanceof Error)) return { status: "failed", errorCode: "unknown" };
	const reason = "reason" in error && typeof error.reason === "string" ? error.reason : null;
	const code = reason && /^[a-z-]{1,40}$/.test(reason) ? reason : error.name.slice(0, 60);
	const isEnded = error.name === "RunStopped" || error.name === "AbortError" || error.name === "LeaseLost";
	return { status: isEnded ? "cancelled" : "failed", errorCode: code };
}

const mostAttributes = 24;
const longestAttribute = 200;
const longestContent = 20_000;

const bounded = (attributes: NonNullable<SpanRow["attributes"]>): NonNullable<SpanRow["attributes"]> =>
	Object.fromEntries(
		Object.entries(attributes)
			.slice(0, mostAttributes)
			.map(([name, value]) => [name, typeof value === "string" ? clean(value.slice(0, longestAttribute)) : value]),
	);

/** Of more documents than these it would be too long to tell; what rests on them is not kept. */
const mostSources = 1_000;

const shortened = ({ input, output }: SpanContent, sources: ReadonlySet<string>): SpanContent | null =>
	sources.size > mostSources
		? null
		: {
				...(input === undefined ? {} : { input: cut(input) }),
				...(output === undefined ? {} : { output: cut(output) }),
				sources: [...sources],
			};

const clean = (text: string): string => text.replaceAll("\0", "").toWellFormed();
const cut = (text: string): string =>
	clean(text.length <= longestContent ? text : `${text.slice(0, longestContent)}… (cut)`);
