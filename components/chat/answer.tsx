"use client";

import dynamic from "next/dynamic";
import type { Citation } from "@/server/runs/contract";
import styles from "./answer.module.css";

export type Span = { start: number; end: number };
export type AnswerProps = { text: string; citations: Citation[]; unsupported: Span[]; isStreaming: boolean };

/** Markdown costs 40 kB, so it comes after the first screen; the text itself is there from the start. */
const Markdown = dynamic(() => import("./answer-markdown"));

export function Answer(props: AnswerProps) {
	return (
		<div className={styles.answer} data-streaming={props.isStreaming || undefined}>
			<Markdown {...props} />
		</div>
	);
}
