"use client";

import { IconPlus, IconRobot, IconStar, IconUpload } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
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
import type { Agent } from "@/server/agents/contract";
import { AgentPanel } from "./agent-panel";
import { AgentsTabs } from "./agents-tabs";
import { collectionsOf, promptOf } from "./facts";

const AgentForm = dynamic(() => import("./agent-form"), { ssr: false });
const ImportForm = dynamic(() => import("./import-form"), { ssr: false });

const columns: Column<Agent>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{ key: "description", title: "What it is for", from: "narrow", cell: (row) => row.description || "–" },
	{ key: "prompt", title: "Prompt", width: 200, from: "middle", cell: promptOf },
	{ key: "collections", title: "Looks in", width: 190, from: "wide", cell: collectionsOf },
	{
		key: "default",
		title: "State",
		isUntitled: true,
		width: 100,
		cell: (row) =>
			row.isDefault ? (
				<Badge tone="accent" icon={IconStar}>
					Default
				</Badge>
			) : row.version === null ? (
				<Badge>Draft</Badge>
			) : null,
	},
	{
		key: "changed",
		title: "Changed",
		width: 110,
		align: "end",
		from: "middle",
		cell: (row) => <When at={row.updatedAt} />,
	},
];

/** Who can be asked. */
export function AgentList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("agents:write");
	const openId = url.get("open");
	const list = usePages({
		key: api.agents.list.infiniteQueryKey({}),
		read: (cursor) => client.agents.list.query({ cursor }),
	});
	const open = list.rows.find((row) => row.id === openId);
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New agent
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="Agents"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "agent") : undefined}
				actions={
					mayWrite ? (
						<>
							<Button icon={IconUpload} onClick={() => url.set({ import: "1" })}>
								Import
							</Button>
							{newButton}
						</>
					) : undefined
				}
			>
				Each answers in its own way, from the collections that it was given, with the rights of whoever asks.
			</PageHeader>
			<AgentsTabs />
			<Split panel={open ? <AgentPanel key={open.id} agent={open} onClose={() => url.set({ open: null })} /> : null}>
				<DataTable
					label="Agents"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.description}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={<Empty icon={IconRobot} title="No agents yet" action={mayWrite ? newButton : undefined} />}
				/>
			</Split>
			{mayWrite && url.get("new") ? <AgentForm onClose={() => url.set({ new: null })} /> : null}
			{mayWrite && url.get("import") ? <ImportForm onClose={() => url.set({ import: null })} /> : null}
		</ScanPage>
	);
}
