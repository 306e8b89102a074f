"use client";

import { IconAlignLeft, IconDownload, IconFileTypePdf, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { ShareButton } from "@/components/access/share-button";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { useUrl } from "@/components/ui/use-url";
import { DocumentFacts } from "./document-facts";
import { DocumentReader, type Place, placeQuery } from "./document-reader";
import styles from "./knowledge.module.css";

const DocumentForm = dynamic(() => import("./document-form"), { ssr: false });

/** A document page by page, as it looks or as its text; opened from a citation, its passage is marked. */
export function DocumentView({ documentId }: { documentId: string }) {
	const url = useUrl();
	const api = useApi();
	const mayWrite = useMay("knowledge:write");
	const [isEditing, setEditing] = useState(false);
	const [start, end] = [Number(url.get("start")) || 0, Number(url.get("end")) || 0];
	const place: Place = {
		documentId,
		page: Number(url.get("page")) || null,
		chunkId: Number(url.get("chunk")) || null,
		words: end > start ? { start, end } : null,
	};
	const content = useQuery({
		...api.knowledge.readDocument.queryOptions(placeQuery(place)),
		placeholderData: (before) => before,
		staleTime: 60_000,
	});
	const document = content.data?.document;
	const isPdf = document?.mediaType === "application/pdf";
	const isText = !isPdf || url.get("as") === "text";
	const isInCollection = content.data?.isCollectionReadable ?? false;
	return (
		<ReadPage>
			<PageHeader
				up={
					document && isInCollection
						? { href: `/knowledge/${document.collectionId}`, label: content.data?.collectionName ?? "Collection" }
						: { href: "/knowledge", label: "Knowledge" }
				}
				title={document?.name ?? "Document"}
				actions={
					document ? (
						<>
							{isPdf ? (
								<Button
									icon={isText ? IconFileTypePdf : IconAlignLeft}
									onClick={() => url.set({ as: isText ? null : "text" })}
								>
									{isText ? "Show pages" : "Show text"}
								</Button>
							) : null}
							<a className={styles.download} href={`/api/documents/${document.id}/file`} download>
								<IconDownload size={16} stroke={1.5} aria-hidden="true" />
								Download
							</a>
							{mayWrite && content.data?.mayManage ? (
								<>
									<ShareButton kind="document" resourceId={document.id} />
									<Button icon={IconPencil} onClick={() => setEditing(true)}>
										Change
									</Button>
								</>
							) : null}
						</>
					) : undefined
				}
			/>
			<div className={styles.paper}>
				<DocumentReader
					place={place}
					isDrawn={!isText}
					onPage={(page) => url.set({ page: String(page), start: null, end: null })}
				/>
				{document ? <DocumentFacts document={document} isInCollection={isInCollection} /> : null}
			</div>
			{isEditing && document ? <DocumentForm document={document} onClose={() => setEditing(false)} /> : null}
		</ReadPage>
	);
}
