"use client";

import { IconSearch, IconX } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { DocumentReader } from "@/components/knowledge/document-reader";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ButtonLink } from "@/components/ui/button-link";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { SidePanel, Split } from "@/components/ui/side-panel";
import { useRowKeys } from "@/components/ui/use-row-keys";
import { useUrl } from "@/components/ui/use-url";
import type { Passage, SearchResult } from "@/server/knowledge/contract";
import { askedOf } from "./asked";
import { Hit } from "./hit";
import { passageHref } from "./place";
import styles from "./search.module.css";
import { SearchBar } from "./search-bar";

/** Passages out of everything that one may read, each with why it is there; opened, it stands in its document beside the list. */
export function SearchView() {
	const api = useApi();
	const url = useUrl();
	const [today] = useState(() => new Date());
	const { input, problem } = askedOf(url.get, today);
	const result = useQuery({
		...api.knowledge.search.queryOptions(input ?? { query: "-", limit: 1 }),
		enabled: input !== null,
		placeholderData: keepPreviousData,
		staleTime: 30_000,
	});
	const passages = input && result.data ? result.data.passages : [];
	const openId = url.get("open");
	const { set } = url;
	const open = useCallback((id: string | null) => set({ open: id, page: null }), [set]);
	useRowKeys(
		passages.map(({ chunkId }) => String(chunkId)),
		openId,
		open,
	);
	const opened = passages.find(({ chunkId }) => String(chunkId) === openId);
	return (
		<ScanPage>
			<PageHeader title="Search" count={input && result.data ? counted(passages.length, "passage") : undefined}>
				Finds passages by their words and by their meaning, in every document that you may read.
			</PageHeader>
			<SearchBar url={url} problem={problem} />
			<Split panel={opened ? <Preview key={opened.chunkId} passage={opened} /> : null}>
				{input === null ? (
					<Empty icon={IconSearch} title="Ask in your own words">
						A whole question finds more than single words do. Move through what is found with J and K.
					</Empty>
				) : result.error ? (
					<ErrorView failure={toFailure(result.error)} retry={() => void result.refetch()} />
				) : result.data ? (
					<Hits result={result.data} openId={openId} onOpen={open} isStale={result.isPlaceholderData} />
				) : (
					<div className={styles.loading} role="status" aria-label="Searching" />
				)}
			</Split>
		</ScanPage>
	);
}

function Hits(props: { result: SearchResult; openId: string | null; onOpen: (id: string) => void; isStale: boolean }) {
	const { passages, searchedCollections, degraded } = props.result;
	return (
		<>
			{degraded ? (
				<p className={styles.degraded} role="status">
					{degraded}
				</p>
			) : null}
			{passages.length === 0 ? (
				<Empty
					icon={IconX}
					title="Nothing was found"
					action={<ButtonLink href="/knowledge">See the collections</ButtonLink>}
				>
					{searchedCollections === 0
						? "There is no collection here that you may read. Ask somebody to share theirs, or choose another one above."
						: "Try other words, or take a filter away."}
				</Empty>
			) : (
				<ol
					className={styles.hits}
					aria-label="Passages"
					aria-busy={props.isStale}
					data-stale={props.isStale || undefined}
				>
					{passages.map((passage) => (
						<Hit
							key={passage.chunkId}
							passage={passage}
							isOpen={String(passage.chunkId) === props.openId}
							onOpen={() => props.onOpen(String(passage.chunkId))}
						/>
					))}
				</ol>
			)}
		</>
	);
}

function Preview({ passage }: { passage: Passage }) {
	const url = useUrl();
	const page = Number(url.get("page")) || passage.page;
	return (
		<SidePanel
			title={passage.documentName}
			label="Preview"
			onClose={() => url.set({ open: null, page: null })}
			actions={
				<ButtonLink href={passageHref(passage)} size="small">
					Open document
				</ButtonLink>
			}
		>
			<DocumentReader
				place={{ documentId: passage.documentId, page, chunkId: passage.chunkId }}
				onPage={(next) => url.set({ page: String(next) })}
			/>
		</SidePanel>
	);
}
