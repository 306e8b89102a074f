"use client";

import type { ReactNode } from "react";
import { Button } from "./button";
import styles from "./data-table.module.css";
import { ErrorView } from "./error-view";
import type { Failure } from "./failure";
import { useRowKeys } from "./use-row-keys";

export type Column<Row> = {
	key: string;
	title: string;
	/** The title is read out only. */
	isUntitled?: boolean;
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
	/** A second line below the row's name, where there is no room for the columns. */
	narrow?: (row: Row) => ReactNode;
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
								{column.isUntitled ? <span className={styles.spoken}>{column.title}</span> : column.title}
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
							narrow={props.narrow}
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

type RowProps<Row> = {
	row: Row;
	columns: Column<Row>[];
	id: string;
	narrow: ((row: Row) => ReactNode) | undefined;
	isOpen: boolean;
	onOpen: ((id: string | null) => void) | undefined;
};

function BodyRow<Row>({ row, columns, id, narrow, isOpen, onOpen }: RowProps<Row>) {
	const [first, ...others] = columns;
	const name = (
		<>
			<span className={styles.name}>{first?.cell(row)}</span>
			{narrow ? <span className={styles.narrow}>{narrow(row)}</span> : null}
		</>
	);
	return (
		<tr data-open={isOpen || undefined} data-row={id}>
			<th scope="row" data-align={first?.align}>
				{onOpen ? (
					<button
						type="button"
						className={styles.open}
						aria-expanded={isOpen}
						onClick={() => onOpen(isOpen ? null : id)}
					>
						{name}
					</button>
				) : (
					name
				)}
			</th>
			{others.map((column) => (
				<td key={column.key} data-from={column.from} data-align={column.align}>
					{column.cell(row)}
				</td>
			))}
		</tr>
	);
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
