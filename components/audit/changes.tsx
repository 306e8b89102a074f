import type { AuditEntry } from "@/server/audit/contract";
import styles from "./audit.module.css";
import { type Change, changesOf, detailsOf } from "./difference";

const nothing = <span className={styles.nothing}>nothing</span>;

/** What a change did, field by field; signs and words tell it as well as the colours. */
export function Changes({ entry }: { entry: Pick<AuditEntry, "before" | "after"> }) {
	const changes = changesOf(entry.before, entry.after);
	return (
		<table className={styles.difference} aria-label="What changed">
			<thead>
				<tr>
					<th scope="col">Field</th>
					<th scope="col">Before</th>
					<th scope="col">After</th>
				</tr>
			</thead>
			<tbody>
				{changes.map((change) => (
					<ChangedField key={change.field} change={change} />
				))}
			</tbody>
		</table>
	);
}

function ChangedField({ change: { field, kind, before, after } }: { change: Change }) {
	return (
		<tr>
			<th scope="row">{field}</th>
			<td>{before === "" ? nothing : kind === "same" ? before : <del>{before}</del>}</td>
			<td>{after === "" ? nothing : kind === "same" ? after : <ins>{after}</ins>}</td>
		</tr>
	);
}

export function Details({ detail }: { detail: AuditEntry["detail"] }) {
	return (
		<table className={styles.difference} aria-label="Details">
			<tbody>
				{detailsOf(detail).map(({ field, value }) => (
					<tr key={field}>
						<th scope="row">{field}</th>
						<td colSpan={2}>{value === "" ? nothing : value}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
