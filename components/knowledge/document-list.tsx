"use client";

import {
	IconFileText,
	IconFileTypeDocx,
	IconFileTypeHtml,
	IconFileTypePdf,
	IconFileZip,
	IconMail,
	IconMarkdown,
	IconPhoto,
	IconPresentation,
	IconTable,
	IconTrash,
} from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { mapRows, type Pages } from "@/components/trpc/page-data";
import { usePages } from "@/components/trpc/pages";
import { IconButton } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { bytes, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { Document } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";
import { DocumentState } from "./states";
import { SteerOne } from "./steer";
import { isUnderWay, useUploads } from "./uploads";

function FileIcon({ mediaType }: { mediaType: string }) {
	const shape = { size: 16, stroke: 1.5, "aria-hidden": true } as const;
	if (mediaType === "application/pdf") return <IconFileTypePdf {...shape} />;
	if (mediaType === "text/markdown") return <IconMarkdown {...shape} />;
	if (mediaType === "text/html") return <IconFileTypeHtml {...shape} />;
	if (mediaType.includes("wordprocessingml")) return <IconFileTypeDocx {...shape} />;
	if (mediaType.includes("spreadsheetml") || mediaType === "text/csv") return <IconTable {...shape} />;
	if (mediaType.includes("presentationml")) return <IconPresentation {...shape} />;
	if (mediaType.startsWith("image/")) return <IconPhoto {...shape} />;
	if (mediaType === "message/rfc822") return <IconMail {...shape} />;
	if (mediaType === "application/zip") return <IconFileZip {...shape} />;
	return <IconFileText {...shape} />;
}

const nameColumn: Column<Document> = {
	key: "name",
	title: "Name",
	cell: (row) => (
		<div className={styles.document}>
			<FileIcon mediaType={row.mediaType} />
			<div>
				<p className={styles.documentName} title={row.name}>
					{row.state === "ready" ? <Link href={`/knowledge/documents/${row.id}`}>{row.name}</Link> : row.name}
				</p>
				{row.state === "failed" ? <p className={styles.reason}>{row.reason}</p> : null}
			</div>
		</div>
	),
};
const factColumns: Column<Document>[] = [
	{ key: "state", title: "State", width: 168, from: "narrow", cell: (row) => <DocumentState document={row} /> },
	{
		key: "pages",
		title: "Pages",
		width: 72,
		align: "end",
		from: "middle",
		cell: (row) => (row.pageCount === null ? "–" : figure(row.pageCount)),
	},
	{ key: "size", title: "Size", width: 88, align: "end", from: "narrow", cell: (row) => bytes(row.size) },
	{ key: "by", title: "Added by", width: 140, from: "wide", cell: (row) => row.uploadedByName },
	{ key: "added", title: "Added", width: 110, from: "middle", cell: (row) => <When at={row.createdAt} /> },
];

export function DocumentList({ collectionId, mayManage }: { collectionId: string; mayManage: boolean }) {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.knowledge.listDocuments.infiniteQueryKey({ collectionId }),
		read: (cursor) => client.knowledge.listDocuments.query({ collectionId, cursor }),
	});
	const isComing = useUploads(collectionId).some(isUnderWay);
	const tools: Column<Document> = {
		key: "tools",
		title: "Actions",
		isUntitled: true,
		width: 108,
		align: "end",
		cell: (row) => <RowTools document={row} />,
	};
	return (
		<DataTable
			label="Documents"
			list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
			columns={mayManage ? [nameColumn, ...factColumns, tools] : [nameColumn, ...factColumns]}
			rowId={(row) => row.id}
			narrow={(row) => <DocumentState document={row} />}
			empty={
				isComing ? null : (
					<Empty icon={IconFileText} title="No documents yet">
						{mayManage
							? "Drag files into the field above. You can ask about each as soon as it is ready."
							: "Its owner has not put any documents in yet."}
					</Empty>
				)
			}
		/>
	);
}

const containers = new Set(["application/zip", "message/rfc822", "application/xml"]);

function whatGoes({ mediaType, sourceName }: Document): string {
	const all = "Agents will no longer find what is in it. Answers that cite it keep their text.";
	const inner = containers.has(mediaType) ? " The documents that came out of it go too." : "";
	const again = sourceName ? ` The source ${sourceName} brings it back only when the file there changes.` : "";
	return `${all}${inner}${again}`;
}

function RowTools({ document }: { document: Document }) {
	const api = useApi();
	const cache = useQueryClient();
	const key = api.knowledge.listDocuments.infiniteQueryKey({ collectionId: document.collectionId });
	const change = (next: Document | null) =>
		cache.setQueryData<Pages<Document>>(
			key,
			(pages) => pages && mapRows(pages, (row) => (row.id === document.id ? next : row)),
		);
	const tell = (error: unknown) => say(toFailure(error).message, "failed");
	const remove = useMutation(
		api.knowledge.deleteDocument.mutationOptions({ onSuccess: () => void change(null), onError: tell }),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${document.name}?`,
			text: whatGoes(document),
			action: "Remove document",
		});
		if (isWanted) remove.mutate({ documentId: document.id });
	};
	return (
		<span className={styles.rowTools}>
			<SteerOne document={document} />
			<IconButton
				size="small"
				icon={IconTrash}
				label={`Remove ${document.name}`}
				disabled={remove.isPending}
				onClick={() => void ask()}
			/>
		</span>
	);
}
