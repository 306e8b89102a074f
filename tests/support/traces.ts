import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import type { SpanRow } from "@/server/core/spans";
import { writeSpans } from "@/server/traces/service/write-spans";

const kinds = ["node", "model", "tool", "search"] as const;

/** A trace of so many spans, as deep and as wide as a long run makes it; for a run where one is named. Answers with its id. */
export async function makeTrace(
	db: Database,
	{
		userId,
		runId = null,
		spans,
		...more
	}: { userId: string; runId?: string | null; spans: number; startedAt?: Date } & Partial<Pick<SpanRow, "content">>,
): Promise<string> {
	const traceId = runId ?? randomUUID();
	const { startedAt = new Date(), content = null } = more;
	const of = { day: startedAt.toISOString().slice(0, 10), traceId, runId, userId, status: "ok" as const };
	const at = (ms: number) => startedAt.getTime() + ms;
	const root: SpanRow = {
		...{ ...of, id: idOf(0), parentId: null, kind: runId ? "run" : "trial", name: runId ? "assistant" : "A route" },
		...{ startedAt: at(0), ms: spans + 10 },
	};
	const rows = Array.from({ length: spans - 1 }, (_, at0): SpanRow => {
		const no = at0 + 1;
		// Ten children each, so that ten thousand stand five deep.
		const kind = kinds[no % kinds.length] ?? "node";
		const own = { ...of, id: idOf(no), parentId: idOf(Math.floor((no - 1) / 10)), kind, name: `${kind} ${no}` };
		const call = { modelAsked: "A route", model: "a-model", connection: "A place", hop: 1, firstTokenMs: 5 };
		const taken = { inputTokens: 100, outputTokens: 20, cachedTokens: 0, costMicros: 7, currency: "EUR" };
		const facts = kind === "model" ? { ...call, ...taken, content: content && { sources: [], ...content } } : {};
		return { ...own, startedAt: at(no), ms: Math.max(1, spans - no) / 2, ...facts, attributes: { no } };
	});
	for (const some of chunks([root, ...rows], 1_000)) await writeSpans(db, some);
	return traceId;
}

const idOf = (no: number): string => no.toString(16).padStart(16, "0");

const chunks = <T>(all: T[], size: number): T[][] =>
	Array.from({ length: Math.ceil(all.length / size) }, (_, at) => all.slice(at * size, (at + 1) * size));
