"use client";

import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { DocumentReader } from "@/components/knowledge/document-reader";
import { useApi } from "@/components/trpc/client";
import { Link } from "@/components/ui/link";
import { SidePanel } from "@/components/ui/side-panel";
import { useEscape } from "@/components/ui/use-escape";
import { useUrl } from "@/components/ui/use-url";
import styles from "./conversation.module.css";
import { sourceHref } from "./open-source";

/** A source beside the chat, opened by a citation. Its place is in the address. */
export default function SourcePanel({ documentId }: { documentId: string }) {
	const url = useUrl();
	const page = Number(url.get("page")) || null;
	const chunkId = Number(url.get("chunk")) || null;
	const api = useApi();
	const input = { documentId, page: page ?? undefined, chunkId: chunkId ?? undefined };
	const content = useQuery({ ...api.knowledge.readDocument.queryOptions(input), staleTime: 60_000 });
	const { set } = url;
	const close = useCallback(() => set({ source: null, page: null, chunk: null }), [set]);
	useEscape(close);
	return (
		<div className={styles.source}>
			<SidePanel
				title={content.data?.document.name ?? "Source"}
				label="Source"
				onClose={close}
				actions={
					<Link
						href={sourceHref({ documentId, page: page ?? 1, chunkId: chunkId ?? 0 })}
						aria-label="Open in Knowledge"
						title="Open in Knowledge"
					>
						<IconExternalLink size={16} stroke={1.5} />
					</Link>
				}
			>
				<DocumentReader place={{ documentId, page, chunkId }} onPage={(next) => url.set({ page: String(next) })} />
			</SidePanel>
		</div>
	);
}
