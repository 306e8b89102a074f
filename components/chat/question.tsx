"use client";

import { useState } from "react";
import { When } from "@/components/ui/time";
import styles from "./turn.module.css";

const longFrom = 900;

/** What was asked, as it was written; a long one shows its beginning. */
export function Question({ text, at }: { text: string; at?: Date }) {
	const [isWhole, setWhole] = useState(text.length <= longFrom);
	return (
		<div className={styles.question}>
			<p>{isWhole ? text : `${text.slice(0, longFrom)}…`}</p>
			{isWhole ? null : (
				<button type="button" className={styles.whole} onClick={() => setWhole(true)}>
					Show the whole question
				</button>
			)}
			{at ? (
				<span className={styles.at}>
					<When at={at} />
				</span>
			) : null}
		</div>
	);
}
