"use client";

import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { IconButton } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import { type DocumentText, pageWord } from "@/server/knowledge/contract";
import styles from "./document-reader.module.css";

const PdfPage = dynamic(() => import("./pdf-page"), { ssr: false });

/** A passage by its id, or any words by where they stand on their page. */
export type Place = {
	documentId: string;
	page: number | null;
	chunkId: number | null;
	words?: { start: number; end: number } | null;
};

/** What is asked for to show it. */
export const placeQuery = ({ documentId, page, chunkId, words }: Place) => ({
	documentId,
	page: page ?? undefined,
	chunkId: chunkId ?? undefined,
	...(words ?? {}),
});

/** The text of one page of a document, with the passage marked and in view. */
export function DocumentReader(props: {
	place: Place;
	onPage: (page: number) => void;
	/** A PDF's pages as they look, where they can be drawn. */
	isDrawn?: boolean;
}) {
	const { place, onPage } = props;
	const api = useApi();
	const [failedId, setFailedId] = useState<string | null>(null);
	const query = useQuery({
		...api.knowledge.readDocument.queryOptions(placeQuery(place)),
		placeholderData: (before) => before,
		staleTime: 60_000,
	});
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <div className={styles.loading} role="status" aria-label="The document is loading" />;
	const { document, page, passage } = query.data;
	const isDrawn = props.isDrawn && document.mediaType === "application/pdf" && failedId !== document.id;
	return (
		<div className={styles.reader}>
			{document.pageCount && document.pageCount > 1 ? (
				<PageSwitch
					word={pageWord(document.mediaType) ?? "page"}
					page={page}
					pageCount={document.pageCount}
					onPage={onPage}
				/>
			) : null}
			{isDrawn ? (
				<PdfPage
					documentId={document.id}
					page={page}
					pageCount={document.pageCount ?? page}
					passage={passage?.text ?? null}
					onFailure={() => setFailedId(document.id)}
				/>
			) : (
				<>
					{props.isDrawn && failedId === document.id ? (
						<p className={styles.blank} role="status">
							This page can’t be drawn here, so its text is shown.
						</p>
					) : null}
					<PageText key={`${document.id} ${page}`} content={query.data} />
				</>
			)}
		</div>
	);
}

function PageText({ content: { document, text, passage } }: { content: DocumentText }) {
	const mark = useRef<HTMLElement>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another passage is brought into view
	useEffect(() => {
		// Where it answers with a promise, that must not be taken for the effect's end.
		mark.current?.scrollIntoView({ block: "center" });
	}, [passage?.start]);
	const word = pageWord(document.mediaType) ?? "page";
	if (!text.trim()) return <p className={styles.blank}>This {word} has no text.</p>;
	if (!passage) return <div className={styles.text}>{text}</div>;
	return (
		<div className={styles.text}>
			{text.slice(0, passage.start)}
			<mark ref={mark} className={styles.passage}>
				{text.slice(passage.start, passage.end)}
			</mark>
			{text.slice(passage.end)}
		</div>
	);
}

type Turning = { word: "page" | "sheet" | "slide"; page: number; pageCount: number; onPage: (page: number) => void };

function PageSwitch({ word, page, pageCount, onPage }: Turning) {
	const name = `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
	const go = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const wanted = Number(new FormData(event.currentTarget).get("page"));
		if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pageCount) onPage(wanted);
	};
	return (
		<nav className={styles.pages} aria-label={`${name}s of the document`}>
			<IconButton
				icon={IconChevronLeft}
				label={`${name} before`}
				disabled={page <= 1}
				onClick={() => onPage(page - 1)}
			/>
			<form onSubmit={go}>
				<label>
					{name} <input key={page} name="page" inputMode="numeric" defaultValue={page} /> of {figure(pageCount)}
				</label>
			</form>
			<IconButton
				icon={IconChevronRight}
				label={`${name} after`}
				disabled={page >= pageCount}
				onClick={() => onPage(page + 1)}
			/>
		</nav>
	);
}
