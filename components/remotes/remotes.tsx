"use client";

import { IconPlugConnected, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { RemoteServer } from "@/server/remotes/contract";
import { RemotePanel } from "./remote-panel";
import { RemoteState } from "./remote-state";

const RemoteForm = dynamic(() => import("./remote-form"), { ssr: false });

const columns: Column<RemoteServer>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{ key: "address", title: "Address", from: "middle", cell: (row) => <code>{row.address}</code> },
	{ key: "state", title: "State", width: 150, from: "narrow", cell: (row) => <RemoteState server={row} /> },
	{
		key: "tools",
		title: "Tools on",
		width: 110,
		align: "end",
		cell: (row) => `${row.enabledCount} of ${row.toolCount}`,
	},
	{
		key: "checked",
		title: "Asked",
		width: 110,
		align: "end",
		from: "wide",
		cell: (row) => (row.checkedAt ? <When at={row.checkedAt} /> : "Never"),
	},
];

/** MCP servers of others, for who manages them. */
export function Remotes() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const openId = url.get("open");
	const [isAdding, setAdding] = useState(false);
	const list = usePages({
		key: api.remotes.list.infiniteQueryKey({}),
		read: (cursor) => client.remotes.list.query({ cursor }),
	});
	const add = (
		<Button look="primary" icon={IconPlus} onClick={() => setAdding(true)}>
			Connect server
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="MCP servers"
				up={{ href: "/system", label: "System" }}
				actions={list.rows.length > 0 ? add : undefined}
			>
				Tools of others, which people and programs here may use once you turn them on. What a server says of them is a
				stranger's word.
			</PageHeader>
			<Split
				panel={openId ? <RemotePanel key={openId} serverId={openId} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="MCP servers"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.address}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconPlugConnected} title="No servers yet" action={add}>
							Connect one by its address. None of its tools can be used before you have looked at it and turned it on.
						</Empty>
					}
				/>
			</Split>
			{isAdding ? (
				<RemoteForm
					onClose={() => setAdding(false)}
					onSaved={(serverId) => {
						setAdding(false);
						url.set({ open: serverId });
					}}
				/>
			) : null}
		</ScanPage>
	);
}
