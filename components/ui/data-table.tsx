"use client";

import { type ReactNode, useEffect } from "react";
import { Button } from "./button";
import styles from "./data-table.module.css";
import { ErrorView } from "./error-view";
import type { Failure } from "./failure";

export type Column<Row> = {
	key: string;
	title: string;
	cell: (row: Row) => ReactNode;
	/** Shown where the table is at least this wide: 520, 760, 1000 px. */
	from?: "narrow" | "middle" | "wide";
	align?: "end";
	width?: number;
};

type Rows<Row> = {
	rows: Row[];
	isLoading: boolean;
	failure: Failure | null;
	hasMore: boolean;
	isLoadingMore: boolean;
	loadMore: () => void;
	retry: () => void;
};

/** Rows page by page. The first column names the row; where `onOpen` is given it opens it, and J and K go to the next. */
export function DataTable<Row>(props: {
	label: string;
	list: Rows<Row>;
	columns: Column<Row>[];
	rowId: (row: Row) => string;
	openId?: string | null;
	onOpen?: (id: string | null) => void;
	empty: ReactNode;
}) {
	const { list, rowId, openId = null, onOpen } = props;
	useRowKeys(list.rows.map(rowId), openId, onOpen);
	if (list.failure) return <ErrorView failure={list.failure} retry={list.retry} />;
	if (list.isLoading) return <LoadingRows label={props.label} />;
	if (list.rows.length === 0) return props.empty;
	return (
		<div className={styles.frame}>
			<table className={styles.table} aria-label={props.label}>
				<thead>
					<tr>
						{props.columns.map((column) => (
							<th
								key={column.key}
								scope="col"
								data-from={column.from}
								data-align={column.align}
								style={{ width: column.width }}
							>
								{column.title}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{list.rows.map((row) => (
						<BodyRow
							key={rowId(row)}
							row={row}
							columns={props.columns}
							id={rowId(row)}
							isOpen={openId === rowId(row)}
							onOpen={onOpen}
						/>
					))}
				</tbody>
			</table>
			{list.hasMore ? (
				<div className={styles.more}>
					<Button isBusy={list.isLoadingMore} onClick={list.loadMore}>
						Show more
					</Button>
				</div>
			) : null}
		</div>
	);
}

function BodyRow<Row>(props: {
	row: Row;
	columns: Column<Row>[];
	id: string;
	isOpen: boolean;
	onOpen: ((id: string | null) => void) | undefined;
}) {
	const { row, columns, id, isOpen, onOpen } = props;
	return (
		<tr data-open={isOpen || undefined} data-row={id}>
			{columns.map((column, index) => {
				const content = column.cell(row);
				const cell =
					index === 0 && onOpen ? (
						<button
							type="button"
							className={styles.open}
							aria-expanded={isOpen}
							onClick={() => onOpen(isOpen ? null : id)}
						>
							{content}
						</button>
					) : (
						content
					);
				const Cell = index === 0 ? "th" : "td";
				return (
					<Cell
						key={column.key}
						scope={index === 0 ? "row" : undefined}
						data-from={column.from}
						data-align={column.align}
					>
						{cell}
					</Cell>
				);
			})}
		</tr>
	);
}

const isTyping = (target: EventTarget | null) =>
	target instanceof HTMLElement &&
	(target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** J and K move through the rows, Esc closes, wherever no text is being written. */
function useRowKeys(ids: string[], openId: string | null, onOpen: ((id: string | null) => void) | undefined) {
	useEffect(() => {
		if (!onOpen) return;
		const onKey = (event: KeyboardEvent) => {
			if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isTyping(event.target)) return;
			if (document.querySelector("[role=dialog], dialog[open]")) return;
			if (event.key === "Escape" && openId !== null) return onOpen(null);
			const step = event.key === "j" ? 1 : event.key === "k" ? -1 : 0;
			if (step === 0 || ids.length === 0) return;
			const at = openId === null ? -1 : ids.indexOf(openId);
			const next = ids[Math.min(Math.max(at + step, 0), ids.length - 1)];
			if (next === undefined) return;
			onOpen(next);
			document.querySelector(`[data-row="${CSS.escape(next)}"]`)?.scrollIntoView({ block: "nearest" });
		};
		document.addEventListener("keydown", onKey);
		return () => document.removeEventListener("keydown", onKey);
	}, [ids, openId, onOpen]);
}

const ghosts = ["a", "b", "c", "d", "e", "f"];
/** Grey lines, which show only where loading takes longer than 200 ms. */
function LoadingRows({ label }: { label: string }) {
	return (
		<div className={styles.loading} role="status" aria-label={`${label} are loading`}>
			{ghosts.map((ghost) => (
				<span key={ghost} />
			))}
		</div>
	);
}
