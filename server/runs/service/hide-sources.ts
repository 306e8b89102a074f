import type { ServiceContext } from "@/server/core/context";
import { unreadableDocuments } from "@/server/knowledge/service";
import type { Citation, RunEvent } from "../contract";

const hidden = "A document that is gone, or that you may not read";

/** Citations of answers, also of one's own that are older than today's rights: the text and the name of what the caller may not read is left out. */
export async function hideSources(ctx: ServiceContext, lists: readonly Citation[][]): Promise<Citation[][]> {
	const ids = [...new Set(lists.flat().map(({ documentId }) => documentId))];
	const unreadable = new Set(await unreadableDocuments(ctx, ids));
	if (unreadable.size === 0) return lists.map((list) => [...list]);
	return lists.map((list) =>
		list.map((one) =>
			unreadable.has(one.documentId) ? { ...one, documentName: hidden, snippet: "", page: 1, pageCount: null } : one,
		),
	);
}

/** The same of what a run told while it went. */
export async function hideSourcesOfEvents(ctx: ServiceContext, events: readonly RunEvent[]): Promise<RunEvent[]> {
	const lists = await hideSources(ctx, events.map(citationsIn));
	return events.map((event, at) => withCitations(event, lists[at] ?? []));
}

const citationsIn = ({ body }: RunEvent): Citation[] => {
	if (body.type === "passages.found") return body.citations;
	return body.type === "run.ended" ? (body.result?.citations ?? []) : [];
};

function withCitations(event: RunEvent, citations: Citation[]): RunEvent {
	const { body } = event;
	if (body.type === "passages.found") return { ...event, body: { ...body, citations } };
	if (body.type === "run.ended" && body.result)
		return { ...event, body: { ...body, result: { ...body.result, citations } } };
	return event;
}
