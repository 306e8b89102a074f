"use client";

import { IconLayoutSidebarLeftCollapse, IconLayoutSidebarLeftExpand, IconSearch } from "@tabler/icons-react";
import { useState } from "react";
import { AccountMenu } from "./account-menu";
import { Mark } from "./mark";
import { openPalette } from "./palette-state";
import styles from "./rail.module.css";
import { RailEntries } from "./rail-entries";

/** A year; read by the layout, so that the first paint is already folded. */
const keepFolded = (isFolded: boolean) => {
	// biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox and Safari
	document.cookie = `qd_rail=${isFolded ? "folded" : "open"}; path=/; max-age=31536000; samesite=lax`;
};

export function Rail(props: { isFolded: boolean }) {
	const [isFolded, setFolded] = useState(props.isFolded);
	const fold = () => {
		setFolded(!isFolded);
		keepFolded(!isFolded);
	};
	const FoldIcon = isFolded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
	return (
		<section aria-label="Console" className={styles.rail} data-folded={isFolded || undefined}>
			<div className={styles.top}>
				<span className={styles.brand}>
					<Mark />
					<span className={styles.word}>Quarterdeck</span>
				</span>
				<button
					type="button"
					className={styles.fold}
					onClick={fold}
					aria-label={isFolded ? "Unfold the menu" : "Fold the menu"}
					title={isFolded ? "Unfold the menu" : "Fold the menu"}
				>
					<FoldIcon size={18} stroke={1.5} />
				</button>
			</div>
			<button
				type="button"
				className={styles.search}
				onClick={openPalette}
				aria-label={isFolded ? "Search" : undefined}
				title="Search and commands (Ctrl K)"
			>
				<IconSearch size={16} stroke={1.5} />
				<span className={styles.word}>Search</span>
				<kbd className={styles.word}>Ctrl K</kbd>
			</button>
			<RailEntries isFolded={isFolded} />
			<AccountMenu isFolded={isFolded} />
		</section>
	);
}
