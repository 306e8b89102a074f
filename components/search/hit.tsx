import { IconLock } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import { figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { type Passage, pageWordOf } from "@/server/knowledge/contract";
import { excerptOf, markTerms } from "./marks";
import { passageHref } from "./place";
import styles from "./search.module.css";

/** One passage: where it stands, what it says, and why it was found. */
export function Hit({ passage, isOpen, onOpen }: { passage: Passage; isOpen: boolean; onOpen: () => void }) {
	const { documentName, collectionName, pageCount, page, heading, text, matchedTerms } = passage;
	const place = [
		collectionName,
		pageCount === null ? null : `${pageWordOf(documentName)} ${figure(page)}`,
		heading || null,
	].filter(Boolean);
	return (
		<li className={styles.hit} data-row={passage.chunkId} data-open={isOpen || undefined}>
			<div className={styles.hitHead}>
				<button type="button" className={styles.title} aria-pressed={isOpen} onClick={onOpen}>
					{documentName}
				</button>
				{passage.isRestricted ? (
					<Badge icon={IconLock} tone="amber" isPlain>
						Restricted
					</Badge>
				) : null}
			</div>
			<p className={styles.place}>{place.join(" · ")}</p>
			<p className={styles.excerpt}>
				{markTerms(excerptOf(text, matchedTerms), matchedTerms).map((piece, at) =>
					// biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text, in their order
					piece.isMarked ? <mark key={at}>{piece.text}</mark> : piece.text,
				)}
			</p>
			<p className={styles.why}>
				{reasonsOf(passage).map((reason) => (
					<span key={reason}>{reason}</span>
				))}
			</p>
			{passage.duplicates.length > 0 ? (
				<p className={styles.why}>
					<span>
						The same stands in{" "}
						{passage.duplicates.map((other, at) => (
							<span key={other.chunkId}>
								{at > 0 ? ", " : null}
								<Link href={passageHref(other)}>{other.documentName}</Link>
							</span>
						))}
					</span>
				</p>
			) : null}
		</li>
	);
}

function reasonsOf(passage: Passage): string[] {
	const { lexicalRank, vectorRank, similarity, lexicalScore, matchedTerms, queryTermCount, rerankScore } = passage;
	const nearness = similarity === null ? "" : ` (${similarity.toFixed(2)})`;
	return [
		lexicalRank === null
			? "Not found by its words"
			: `${ordinal(lexicalRank)} by words${lexicalScore === null ? "" : ` (${lexicalScore.toFixed(1)})`}: ${matchedTerms.length} of ${queryTermCount}`,
		vectorRank === null ? `Not near in meaning${nearness}` : `${ordinal(vectorRank)} by meaning${nearness}`,
		...(rerankScore === null ? [] : [`Reranked: ${rerankScore.toFixed(2)}`]),
		grantOf(passage.grant),
	];
}

function grantOf({ on, to }: Passage["grant"]): string {
	switch (on) {
		case "ownership":
			return "Yours to read: you own the collection";
		case "collection":
			return `Yours to read: the collection is shared with ${to}`;
		case "document":
			return `Yours to read: the document is shared with ${to}`;
	}
}

const endings = new Map([
	["one", "st"],
	["two", "nd"],
	["few", "rd"],
	["other", "th"],
]);
const rules = new Intl.PluralRules("en", { type: "ordinal" });
const ordinal = (place: number): string => `${place}${endings.get(rules.select(place)) ?? "th"}`;
