"use client";

import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import styles from "./virtual-rows.module.css";

export const rowHeight = 28;
const spare = 8;

/** Which of many rows of one height are in sight: only they are in the page. */
function useInSight(box: RefObject<HTMLDivElement | null>, count: number): { from: number; until: number } {
	const [sight, setSight] = useState({ top: 0, height: 600 });
	useEffect(() => {
		const of = box.current;
		if (!of) return;
		const look = () => setSight({ top: of.scrollTop, height: of.clientHeight });
		const size = new ResizeObserver(look);
		size.observe(of);
		of.addEventListener("scroll", look, { passive: true });
		return () => {
			size.disconnect();
			of.removeEventListener("scroll", look);
		};
	}, [box]);
	const from = Math.max(0, Math.min(count, Math.floor(sight.top / rowHeight)) - spare);
	return { from, until: Math.min(count, Math.ceil((sight.top + sight.height) / rowHeight) + spare) };
}

/** Ten thousand rows of a tree, of which a few dozen are in the page. One stop of the Tab key; the keys inside are the caller's. */
export function VirtualTree<Row>(props: {
	label: string;
	rows: readonly Row[];
	/** Of the row that is chosen; -1 for none. */
	chosen: number;
	idOf: (row: Row) => string;
	describe: (row: Row) => { level: number; isOpen: boolean | undefined };
	onKey: (event: KeyboardEvent) => void;
	onChoose: (row: Row) => void;
	children: (row: Row) => ReactNode;
}) {
	const { rows, chosen, idOf } = props;
	const box = useRef<HTMLDivElement>(null);
	const { from, until } = useInSight(box, rows.length);
	useEffect(() => {
		const of = box.current;
		if (!of || chosen < 0) return;
		const top = chosen * rowHeight;
		if (top < of.scrollTop) of.scrollTop = top;
		else if (top + rowHeight > of.scrollTop + of.clientHeight) of.scrollTop = top + rowHeight - of.clientHeight;
	}, [chosen]);
	const active = rows[chosen];
	const isThere = active !== undefined && chosen >= from && chosen < until;
	return (
		<div
			ref={box}
			className={styles.box}
			role="tree"
			tabIndex={0}
			aria-label={props.label}
			aria-activedescendant={isThere ? `row-${idOf(active)}` : undefined}
			onKeyDown={props.onKey}
		>
			<div role="presentation" style={{ height: rows.length * rowHeight }} className={styles.all}>
				{rows.slice(from, until).map((row, n) => {
					const { level, isOpen } = props.describe(row);
					return (
						// biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys, for all of its rows
						// biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names the row that is active
						<div
							key={idOf(row)}
							id={`row-${idOf(row)}`}
							role="treeitem"
							aria-level={level}
							aria-expanded={isOpen}
							aria-selected={from + n === chosen}
							className={styles.row}
							style={{ top: (from + n) * rowHeight }}
							onClick={() => props.onChoose(row)}
						>
							{props.children(row)}
						</div>
					);
				})}
			</div>
		</div>
	);
}
