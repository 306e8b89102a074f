import { Fragment } from "react";
import styles from "./approvals.module.css";
import { visiblePieces } from "./visible-text";

/** Text that somebody may have made to mislead: what hides in it is named. */
export function ShownText({ text }: { text: string }) {
	let at = 0;
	return visiblePieces(text).map((piece) => {
		at += piece.text.length;
		return piece.mark ? (
			<mark key={at} className={styles.strange} title="A character that can't be seen, or passes for another">
				{piece.mark}
			</mark>
		) : (
			<Fragment key={at}>{piece.text}</Fragment>
		);
	});
}
