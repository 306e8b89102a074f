"use client";

import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { CopyId } from "@/components/ui/copy";
import { bytes, figure } from "@/components/ui/figures";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Fact, Facts } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { DocumentReader, type Place } from "./document-reader";
import styles from "./knowledge.module.css";

/** A document's text, page by page; opened from a citation, its passage is marked. */
export function DocumentView({ documentId }: { documentId: string }) {
	const url = useUrl();
	const api = useApi();
	const place: Place = { documentId, page: Number(url.get("page")) || null, chunkId: Number(url.get("chunk")) || null };
	const content = useQuery({
		...api.knowledge.readDocument.queryOptions({
			documentId,
			page: place.page ?? undefined,
			chunkId: place.chunkId ?? undefined,
		}),
		placeholderData: (before) => before,
		staleTime: 60_000,
	});
	const document = content.data?.document;
	return (
		<ReadPage>
			<PageHeader
				up={
					document
						? { href: `/knowledge/${document.collectionId}`, label: content.data?.collectionName ?? "Collection" }
						: { href: "/knowledge", label: "Knowledge" }
				}
				title={document?.name ?? "Document"}
			/>
			<div className={styles.paper}>
				<DocumentReader place={place} onPage={(page) => url.set({ page: String(page) })} />
				{document ? (
					<aside className={styles.paperFacts} aria-label="About this document">
						<Facts>
							<Fact name="Kind">{document.mediaType.split("/").pop()?.split(".").pop()}</Fact>
							<Fact name="Size">{bytes(document.size)}</Fact>
							<Fact name="Pages">{document.pageCount === null ? null : figure(document.pageCount)}</Fact>
							<Fact name="Passages">{document.chunkCount === null ? null : figure(document.chunkCount)}</Fact>
							<Fact name="Added by">{document.uploadedByName}</Fact>
							<Fact name="Added">
								<When at={document.createdAt} />
							</Fact>
							<Fact name="Id">
								<CopyId value={document.id} label="document id" />
							</Fact>
						</Facts>
					</aside>
				) : null}
			</div>
		</ReadPage>
	);
}
