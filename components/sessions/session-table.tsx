"use client";

import { IconApi, IconBrowser, IconPlugOff } from "@tabler/icons-react";
import { toFailure } from "@/components/trpc/failure";
import type { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { When } from "@/components/ui/time";
import type { Session } from "@/server/sessions/contract";
import styles from "./sessions.module.css";

/** Where somebody is signed in. The session that asks is signed out by leaving, not here. */
export function SessionTable(props: {
	list: ReturnType<typeof usePages<Session>>;
	onEnd: (session: Session) => void;
	isBusy: boolean;
}) {
	const columns: Column<Session>[] = [
		{ key: "device", title: "Device", cell: (row) => <Device session={row} /> },
		{ key: "address", title: "Address", width: 150, from: "narrow", cell: (row) => row.address ?? "unknown" },
		{ key: "seen", title: "Last use", width: 110, from: "narrow", cell: (row) => <When at={row.lastSeenAt} /> },
		{ key: "since", title: "Signed in", width: 110, from: "middle", cell: (row) => <When at={row.createdAt} /> },
		{ key: "ends", title: "Ends", width: 110, from: "wide", cell: (row) => <When at={row.expiresAt} /> },
		{
			key: "end",
			title: "Sign out",
			isUntitled: true,
			width: 100,
			align: "end",
			cell: (row) =>
				row.isCurrent ? null : (
					<Button
						size="small"
						disabled={props.isBusy}
						aria-label={`Sign out ${row.program?.name ?? row.device ?? "this session"}`}
						onClick={() => props.onEnd(row)}
					>
						Sign out
					</Button>
				),
		},
	];
	return (
		<DataTable
			label="Sessions"
			list={{ ...props.list, failure: props.list.error ? toFailure(props.list.error) : null }}
			columns={columns}
			rowId={(row) => row.id}
			narrow={(row) => (
				<>
					{row.program ? `may ${row.program.scopes.join(", ")}; ` : ""}
					{row.address ?? "unknown address"}, <When at={row.lastSeenAt} />
				</>
			)}
			empty={
				<Empty icon={IconPlugOff} title="Signed in nowhere">
					Whoever signs in appears here, in a browser or as a program.
				</Empty>
			}
		/>
	);
}

function Device({ session }: { session: Session }) {
	const Mark = session.kind === "program" ? IconApi : IconBrowser;
	return (
		<span className={styles.device}>
			<Mark size={16} stroke={1.5} aria-label={session.kind === "program" ? "Program" : "Browser"} />
			<span title={session.program ? `May: ${session.program.scopes.join(", ")}` : undefined}>
				{session.program?.name ?? session.device ?? "Unknown device"}
			</span>
			{session.isCurrent ? <Badge tone="accent">This one</Badge> : null}
		</span>
	);
}
