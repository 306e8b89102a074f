import type { AuditEntry } from "@/server/audit/contract";

export type RequestGroup = {
	requestId: string;
	title: string;
	/** Newest first, of those that are loaded. */
	entries: AuditEntry[];
	newest: AuditEntry;
	outcome: AuditEntry["outcome"];
};

const severity = { done: 0, denied: 1, failed: 2 } as const satisfies Record<AuditEntry["outcome"], number>;

/** The entries of one request as one row, where its newest one stands; its outcome is the worst of them. */
export function byRequest(rows: AuditEntry[]): RequestGroup[] {
	const groups = Map.groupBy(rows, (row) => row.requestId);
	return [...groups].flatMap(([requestId, entries]) => {
		const [newest] = entries;
		if (!newest) return [];
		const actions = [...new Set(entries.toReversed().map(({ action }) => action))];
		const [first = ""] = actions;
		const title = actions.length > 1 ? `${first} and ${actions.length - 1} more` : first;
		const worst = entries.reduce((one, other) => (severity[other.outcome] > severity[one.outcome] ? other : one));
		return [{ requestId, title, entries, newest, outcome: worst.outcome }];
	});
}
