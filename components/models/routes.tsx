"use client";

import { IconArrowsSplit2, IconPlus } from "@tabler/icons-react";
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
import type { Route } from "@/server/models/contract";
import { DefaultRoute } from "./default-route";
import { ModelsTabs } from "./models-tabs";
import { RoutePanel } from "./route-panel";

const RouteForm = dynamic(() => import("./route-form"), { ssr: false });

const chain = ({ steps }: Route): string =>
	steps.length === 0 ? "No models yet" : steps.map(({ model }) => model).join(" → ");

const columns: Column<Route>[] = [
	{ key: "name", title: "Name", width: 200, cell: (row) => <code>{row.name}</code> },
	{ key: "models", title: "Asks in this order", from: "narrow", cell: chain },
	{
		key: "default",
		title: "Default",
		width: 100,
		cell: (row) =>
			row.isDefault ? (
				<Badge tone="accent" isPlain>
					Default
				</Badge>
			) : null,
	},
	{
		key: "regions",
		title: "Data regions",
		width: 130,
		from: "wide",
		cell: (row) => (row.regions.length > 0 ? row.regions.join(", ") : "Any"),
	},
];

/** What agents ask: models in the order in which they are asked. */
export function Routes() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayManage = useMay("models:manage");
	const openId = url.get("open");
	const [isAdding, setAdding] = useState(false);
	const list = usePages({
		key: api.models.listRoutes.infiniteQueryKey({}),
		read: (cursor) => client.models.listRoutes.query({ cursor }),
	});
	const add = mayManage ? (
		<Button look="primary" icon={IconPlus} onClick={() => setAdding(true)}>
			New route
		</Button>
	) : undefined;
	return (
		<ScanPage>
			<PageHeader title="Models" actions={list.rows.length > 0 ? add : undefined}>
				A route asks its models in order until one answers, all within one time. Agents name it, or ask the default one.
			</PageHeader>
			<ModelsTabs />
			<Split
				panel={openId ? <RoutePanel key={openId} routeId={openId} onClose={() => url.set({ open: null })} /> : null}
			>
				<DefaultRoute />
				<DataTable
					label="Routes"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={chain}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty icon={IconArrowsSplit2} title="No routes yet" action={add}>
							{mayManage
								? "Make one of the models of your connections: the first is asked first, the next where it is away."
								: "Ask an administrator to make one."}
						</Empty>
					}
				/>
			</Split>
			{isAdding ? (
				<RouteForm
					onClose={() => setAdding(false)}
					onSaved={(routeId) => {
						setAdding(false);
						url.set({ open: routeId });
					}}
				/>
			) : null}
		</ScanPage>
	);
}
