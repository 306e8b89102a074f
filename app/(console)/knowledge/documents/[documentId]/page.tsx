import type { Metadata } from "next";
import { cache as remember } from "react";
import { Filled, read } from "@/app/filled";
import { DocumentView } from "@/components/knowledge/document-view";

type Props = {
	params: Promise<{ documentId: string }>;
	searchParams: Promise<Record<string, string | string[] | undefined>>;
};
type Numbers = [page: number | undefined, chunkId: number | undefined, start: number, end: number];
const readDocument = remember((documentId: string, ...[page, chunkId, start, end]: Numbers) =>
	read((api) => api.knowledge.readDocument({ documentId, page, chunkId, ...(end > start ? { start, end } : {}) })),
);

const countOf = (text: string | string[] | undefined): number | undefined => Number(text) || undefined;

async function answerFor({ params, searchParams }: Props) {
	const { documentId } = await params;
	const { page, chunk, ...words } = await searchParams;
	const [start, end] = [countOf(words.start) ?? 0, countOf(words.end) ?? 0];
	const input = {
		...{ documentId, page: countOf(page), chunkId: countOf(chunk) },
		...(end > start ? { start, end } : {}),
	};
	return { input, answer: await readDocument(documentId, input.page, input.chunkId, start, end) };
}

export async function generateMetadata(props: Props): Promise<Metadata> {
	const { answer } = await answerFor(props);
	return { title: answer.kind === "read" ? answer.data.document.name : "Document" };
}

export default async function DocumentPage(props: Props) {
	const { input, answer } = await answerFor(props);
	return (
		<Filled
			fill={async (_api, cache, keys) => {
				if (answer.kind === "read") cache.setQueryData(keys.knowledge.readDocument.queryKey(input), answer.data);
			}}
		>
			<DocumentView documentId={input.documentId} />
		</Filled>
	);
}
