"use client";

import dynamic from "next/dynamic";
import styles from "./answer.module.css";
import type { AnswerProps } from "./answer-props";

/** Markdown costs 40 kB, so it comes after the first screen; the text itself is there from the start. */
const Markdown = dynamic(() => import("./answer-markdown"));

export function Answer(props: AnswerProps) {
	return (
		<div className={styles.answer} data-streaming={props.isStreaming || undefined}>
			<Markdown {...props} />
		</div>
	);
}
