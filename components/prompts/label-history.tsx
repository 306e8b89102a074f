"use client";

import { IconHistory } from "@tabler/icons-react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { When } from "@/components/ui/time";
import type { LabelMove } from "@/server/prompts/contract";
import styles from "./prompts.module.css";

const acts = {
	move: "Moved",
	split: "Split",
	unsplit: "Split ended",
	rollback: "Taken back by itself",
	protect: "Protected",
	unprotect: "Protection taken back",
	remove: "Removed",
} as const satisfies Record<LabelMove["act"], string>;
const states = { proposed: ", proposed", done: "", returned: ", sent back" } as const;

const where = ({ act, fromVersion, toVersion, percent }: LabelMove): string => {
	if (act === "split") return `version ${toVersion} for ${percent} of 100`;
	if (act === "move") return fromVersion === null ? `to ${toVersion}` : `${fromVersion} → ${toVersion}`;
	return fromVersion === null ? "" : `version ${fromVersion}`;
};
const words = ({ note, reviewNote }: LabelMove): string => [note, reviewNote].filter((one) => one !== "").join(" · ");
const who = ({ movedByName, reviewedByName }: LabelMove): string =>
	[movedByName ?? "Quarterdeck", reviewedByName].filter((one) => one !== null).join(", reviewed by ");

const columns: Column<LabelMove>[] = [
	{ key: "label", title: "Label", width: 150, cell: (row) => row.label },
	{ key: "act", title: "What", cell: (row) => `${acts[row.act]}${states[row.state]} ${where(row)}` },
	{ key: "who", title: "Who", from: "middle", cell: who },
	{ key: "why", title: "Why", from: "wide", cell: words },
	{ key: "at", title: "When", width: 120, align: "end", from: "narrow", cell: (row) => <When at={row.at} /> },
];

/** Who moved which label when, and what became of proposals. */
export function LabelHistory({ promptId }: { promptId: string }) {
	const api = useApi();
	const client = useClient();
	const list = usePages({
		key: api.prompts.listMoves.infiniteQueryKey({ promptId }),
		read: (cursor) => client.prompts.listMoves.query({ promptId, cursor }),
	});
	return (
		<section className={styles.shown} aria-labelledby="history">
			<h2 id="history">History</h2>
			<DataTable
				label="History of the labels"
				list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
				columns={columns}
				rowId={(row) => row.id}
				narrow={(row) => `${who(row)}${words(row) ? `: ${words(row)}` : ""}`}
				empty={
					<Empty icon={IconHistory} title="Nothing was moved yet">
						Each move of a label stands here, with who did it and why.
					</Empty>
				}
			/>
		</section>
	);
}
