"use client";

import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { IconButton } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { figure } from "@/components/ui/figures";
import type { DocumentText } from "@/server/knowledge/contract";
import styles from "./document-reader.module.css";

export type Place = { documentId: string; page: number | null; chunkId: number | null };

/** The text of one page of a document, with the passage marked and in view. */
export function DocumentReader({ place, onPage }: { place: Place; onPage: (page: number) => void }) {
	const api = useApi();
	const query = useQuery({
		...api.knowledge.readDocument.queryOptions({
			documentId: place.documentId,
			page: place.page ?? undefined,
			chunkId: place.chunkId ?? undefined,
		}),
		placeholderData: (before) => before,
		staleTime: 60_000,
	});
	if (query.error) return <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} />;
	if (!query.data) return <div className={styles.loading} role="status" aria-label="The document is loading" />;
	const { document, page } = query.data;
	return (
		<div className={styles.reader}>
			{document.pageCount && document.pageCount > 1 ? (
				<PageSwitch page={page} pageCount={document.pageCount} onPage={onPage} />
			) : null}
			<PageText key={`${document.id} ${page}`} content={query.data} />
		</div>
	);
}

function PageText({ content: { text, passage } }: { content: DocumentText }) {
	const mark = useRef<HTMLElement>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another passage is brought into view
	useEffect(() => mark.current?.scrollIntoView({ block: "center" }), [passage?.start]);
	if (!text.trim()) return <p className={styles.blank}>This page has no text.</p>;
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

function PageSwitch({ page, pageCount, onPage }: { page: number; pageCount: number; onPage: (page: number) => void }) {
	const go = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const wanted = Number(new FormData(event.currentTarget).get("page"));
		if (Number.isInteger(wanted) && wanted >= 1 && wanted <= pageCount) onPage(wanted);
	};
	return (
		<nav className={styles.pages} aria-label="Pages of the document">
			<IconButton icon={IconChevronLeft} label="Page before" disabled={page <= 1} onClick={() => onPage(page - 1)} />
			<form onSubmit={go}>
				<label>
					Page <input key={page} name="page" inputMode="numeric" defaultValue={page} /> of {figure(pageCount)}
				</label>
			</form>
			<IconButton
				icon={IconChevronRight}
				label="Page after"
				disabled={page >= pageCount}
				onClick={() => onPage(page + 1)}
			/>
		</nav>
	);
}
