"use client";

import { useLayoutEffect, useRef, useState } from "react";
import { pageWordOf } from "@/server/knowledge/contract";
import type { Citation } from "@/server/runs/contract";
import styles from "./answer.module.css";
import { sourceHref, useOpenSource } from "./open-source";

export const pageOf = (citation: Citation): string =>
	citation.pageCount === null ? "" : `${pageWordOf(citation.documentName)} ${citation.page} of ${citation.pageCount}`;

const lingerMs = 140;

/** The number in the text that leads to its source: hover or focus shows the passage, a click opens it. */
export function CitationChip({ citation }: { citation: Citation }) {
	const [isNear, setNear] = useState(false);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	const chip = useRef<HTMLAnchorElement>(null);
	const open = useOpenSource();
	const near = () => {
		clearTimeout(timer.current);
		setNear(true);
	};
	const leave = () => {
		timer.current = setTimeout(() => setNear(false), lingerMs);
	};
	const place = pageOf(citation);
	return (
		<span onPointerEnter={near} onPointerLeave={leave}>
			<a
				ref={chip}
				data-cite
				href={sourceHref(citation)}
				className={styles.chip}
				data-near={isNear || undefined}
				aria-label={`Source ${citation.marker}: ${citation.documentName}${place ? `, ${place}` : ""}`}
				onFocus={near}
				onBlur={leave}
				onKeyDown={(event) => event.key === "Escape" && setNear(false)}
				onClick={(event) => {
					setNear(false);
					open(event, citation);
				}}
			>
				{citation.marker}
			</a>
			{isNear ? <Card citation={citation} anchor={chip.current} /> : null}
		</span>
	);
}

const gap = 8;
const edge = 12;

function Card({ citation, anchor }: { citation: Citation; anchor: HTMLElement | null }) {
	const card = useRef<HTMLSpanElement>(null);
	useLayoutEffect(() => {
		const element = card.current;
		if (!element || !anchor) return;
		element.showPopover();
		const at = anchor.getBoundingClientRect();
		const size = element.getBoundingClientRect();
		const isBelow = at.top - size.height - gap < edge;
		element.style.top = `${isBelow ? at.bottom + gap : at.top - size.height - gap}px`;
		element.style.left = `${Math.max(edge, Math.min(at.left - 16, window.innerWidth - size.width - edge))}px`;
	}, [anchor]);
	return (
		<span ref={card} popover="manual" role="tooltip" className={styles.card}>
			<span className={styles.cardTitle}>{citation.documentName}</span>
			<span className={styles.cardPlace}>{pageOf(citation)}</span>
			<span className={styles.cardText}>{citation.snippet}</span>
		</span>
	);
}
