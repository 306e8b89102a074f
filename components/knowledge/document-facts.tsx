"use client";

import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { CopyId } from "@/components/ui/copy";
import { bytes, counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { Fact, Facts, PanelSection } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { type Document, type DroppedKind, pageWord } from "@/server/knowledge/contract";
import styles from "./knowledge.module.css";

/** What a kind of left-out content is called, one and many, and why it is left out. */
const dropped: Record<DroppedKind, { one: string; many: string; why: string }> = {
	hiddenText: { one: "hidden text", many: "hidden texts", why: "no reader of the file sees it" },
	hiddenRows: { one: "hidden row", many: "hidden rows", why: "no reader of the file sees it" },
	hiddenColumns: { one: "hidden column", many: "hidden columns", why: "no reader of the file sees it" },
	hiddenSheets: { one: "hidden sheet", many: "hidden sheets", why: "no reader of the file sees it" },
	hiddenSlides: { one: "hidden slide", many: "hidden slides", why: "no reader of the file sees it" },
	notes: { one: "speaker's note", many: "speaker's notes", why: "meant for who speaks, not for who reads" },
	comments: { one: "comment", many: "comments", why: "about the text, not the text" },
	pictures: { one: "picture", many: "pictures", why: "no text" },
	attachments: { one: "attachment", many: "attachments", why: "read as documents of their own, where they can be" },
};

const factNames = { page: "Pages", sheet: "Sheets", slide: "Slides" };

/** About a document: what it is, what was left out of it, its other versions, and which of one's own answers cited it. */
export function DocumentFacts({ document, isInCollection }: { document: Document; isInCollection: boolean }) {
	return (
		<aside className={styles.paperFacts} aria-label="About this document">
			<Facts>
				<Fact name="Kind">{document.mediaType.split("/").pop()?.split(".").pop()}</Fact>
				<Fact name="Size">{bytes(document.size)}</Fact>
				<Fact name={factNames[pageWord(document.mediaType) ?? "page"]}>
					{document.pageCount === null ? null : figure(document.pageCount)}
				</Fact>
				<Fact name="Passages">{document.chunkCount === null ? null : figure(document.chunkCount)}</Fact>
				<Fact name="Source">{document.source}</Fact>
				<Fact name="Kept up to date by">
					{document.sourceName ? (
						<Link href={`/knowledge/${document.collectionId}/sources`}>{document.sourceName}</Link>
					) : null}
				</Fact>
				<Fact name="Can be found by">
					{document.isRestricted ? "Who manages the collection, and whom it is shared with" : null}
				</Fact>
				<Fact name="Added by">{document.uploadedByName}</Fact>
				<Fact name="Added">
					<When at={document.createdAt} />
				</Fact>
				{Object.entries(document.fields).map(([name, value]) => (
					<Fact key={name} name={name}>
						{String(value)}
					</Fact>
				))}
				<Fact name="Id">
					<CopyId value={document.id} label="document id" />
				</Fact>
			</Facts>
			{document.dropped.length > 0 ? (
				<PanelSection title="Left out of its text">
					<ul className={styles.dropped}>
						{document.dropped.map(({ what, count }) => (
							<li key={what}>
								{counted(count, dropped[what].one, dropped[what].many)}: {dropped[what].why}
							</li>
						))}
					</ul>
				</PanelSection>
			) : null}
			{isInCollection ? <Versions document={document} /> : null}
			<CitedBy documentId={document.id} />
		</aside>
	);
}

/** Documents of the same name in the same collection. */
function Versions({ document }: { document: Document }) {
	const api = useApi();
	const filter = { name: { eq: document.name } };
	const list = useQuery(
		api.knowledge.listDocuments.queryOptions({ collectionId: document.collectionId, filter, limit: 20 }),
	);
	const versions = list.data?.rows ?? [];
	if (versions.length < 2) return null;
	return (
		<PanelSection title="Versions">
			<ul className={styles.dropped}>
				{versions.map((version) => (
					<li key={version.id}>
						{version.id === document.id ? (
							<>
								<When at={version.createdAt} /> (this one)
							</>
						) : (
							<Link href={`/knowledge/documents/${version.id}`}>
								<When at={version.createdAt} />
							</Link>
						)}
					</li>
				))}
			</ul>
		</PanelSection>
	);
}

function CitedBy({ documentId }: { documentId: string }) {
	const api = useApi();
	const mayRead = useMay("runs:read");
	const list = useQuery({
		...api.runs.list.queryOptions({ filter: { citedDocumentId: { eq: documentId } }, limit: 10 }),
		enabled: mayRead,
	});
	const answers = list.data?.rows ?? [];
	if (answers.length === 0) return null;
	return (
		<PanelSection title="Your answers that cite it">
			<ul className={styles.dropped}>
				{answers.map((run) => (
					<li key={run.id}>
						<Link href={`/chat/${run.threadId}`}>{run.question}</Link>
					</li>
				))}
			</ul>
		</PanelSection>
	);
}
