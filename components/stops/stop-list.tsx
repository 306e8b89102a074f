"use client";

import { IconHandStop } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Stop } from "@/server/stops/contract";
import { StopPanel } from "./stop-panel";
import { kindWords, nameOf } from "./stop-words";

const StopForm = dynamic(() => import("./stop-form"), { ssr: false });
const first = {};

const columns: Column<Stop>[] = [
	{ key: "name", title: "Stopped", cell: nameOf },
	{
		key: "kind",
		title: "What",
		width: 130,
		cell: (row) => (
			<Badge tone="red" icon={IconHandStop} isPlain>
				{kindWords[row.kind]}
			</Badge>
		),
	},
	{ key: "reason", title: "Why", from: "middle", cell: (row) => row.reason },
	{ key: "by", title: "By", width: 160, from: "middle", cell: (row) => row.placedByName ?? "–" },
	{ key: "at", title: "Since", width: 110, align: "end", from: "narrow", cell: (row) => <When at={row.createdAt} /> },
];

/** What agents and programs are stopped from, until somebody lifts it. */
export function StopList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const openId = url.get("open");
	const list = usePages({
		key: api.stops.list.infiniteQueryKey(first),
		read: (cursor) => client.stops.list.query({ cursor }),
	});
	const open = list.rows.find(({ id }) => id === openId);
	const stopButton = (
		<Button look="danger" icon={IconHandStop} onClick={() => url.set({ new: "1" })}>
			Stop something
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Stops"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "stop") : undefined}
				actions={stopButton}
			>
				What is stopped begins no call of a tool and no answer any more, within 5 seconds. Runs of a stopped agent or
				person end.
			</PageHeader>
			<Split panel={open ? <StopPanel key={open.id} stop={open} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Stops"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.reason}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconHandStop} title="Nothing is stopped" action={stopButton}>
							When an agent, a tool or a model does harm, stop it here first and look into it then.
						</Empty>
					}
				/>
			</Split>
			{url.get("new") ? <StopForm onClose={() => url.set({ new: null })} /> : null}
		</ScanPage>
	);
}
