"use client";

import { IconCpu, IconPlus } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { useUrl } from "@/components/ui/use-url";
import type { Connection } from "@/server/models/contract";
import { ConnectionPanel } from "./connection-panel";
import { FixedModels } from "./fixed-models";
import { ModelsTabs } from "./models-tabs";
import { kindWords } from "./money";

const ConnectionForm = dynamic(() => import("./connection-form"), { ssr: false });

const columns: Column<Connection>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{ key: "kind", title: "Speaks", width: 170, from: "middle", cell: (row) => kindWords[row.kind] },
	{ key: "address", title: "Address", from: "wide", cell: (row) => <code>{row.address}</code> },
	{ key: "key", title: "Key", width: 110, from: "narrow", cell: (row) => (row.hasKey ? "Kept sealed" : "None") },
	{ key: "models", title: "Models", width: 90, align: "end", cell: (row) => row.modelCount },
	{ key: "state", title: "State", width: 90, cell: (row) => <ConnectionState isEnabled={row.isEnabled} /> },
];

const ConnectionState = ({ isEnabled }: { isEnabled: boolean }) =>
	isEnabled ? (
		<Badge tone="accent" isPlain>
			On
		</Badge>
	) : (
		<Badge isPlain>Off</Badge>
	);

/** The providers of models, for who may see them. */
export function Connections() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayManage = useMay("models:manage");
	const openId = url.get("open");
	const [isAdding, setAdding] = useState(false);
	const list = usePages({
		key: api.models.listConnections.infiniteQueryKey({}),
		read: (cursor) => client.models.listConnections.query({ cursor }),
	});
	const add = mayManage ? (
		<Button look="primary" icon={IconPlus} onClick={() => setAdding(true)}>
			Add connection
		</Button>
	) : undefined;
	return (
		<ScanPage>
			<PageHeader title="Models" actions={list.rows.length > 0 ? add : undefined}>
				Where chat models are asked, what they cost and how they fare. Routes say in which order.
			</PageHeader>
			<ModelsTabs />
			<Split
				panel={
					openId ? <ConnectionPanel key={openId} connectionId={openId} onClose={() => url.set({ open: null })} /> : null
				}
			>
				<FixedModels />
				<DataTable
					label="Connections"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => kindWords[row.kind]}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconCpu} title="No connections yet" action={add}>
							{mayManage
								? "Connect a provider by its address and key, add its models, and put them into a route."
								: "Ask an administrator to connect a provider of models."}
						</Empty>
					}
				/>
			</Split>
			{isAdding ? (
				<ConnectionForm
					onClose={() => setAdding(false)}
					onSaved={(connectionId) => {
						setAdding(false);
						url.set({ open: connectionId });
					}}
				/>
			) : null}
		</ScanPage>
	);
}
