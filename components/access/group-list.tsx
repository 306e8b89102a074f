"use client";

import { IconPlus, IconUsersGroup } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterText } from "@/components/ui/field";
import { counted, figure } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { Group } from "@/server/access/contract";
import { AccessTabs } from "./access-tabs";
import { GroupPanel } from "./group-panel";
import { groupsNamed } from "./lists";

const GroupForm = dynamic(() => import("./group-form"), { ssr: false });

const columns: Column<Group>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{ key: "description", title: "What it is for", from: "middle", cell: (row) => row.description || "–" },
	{
		key: "roles",
		title: "Roles",
		width: 200,
		from: "narrow",
		cell: (row) => row.roles.map(({ name }) => name).join(", ") || "–",
	},
	{ key: "members", title: "Members", width: 96, align: "end", cell: (row) => figure(row.memberCount) },
	{
		key: "shared",
		title: "Shared with it",
		width: 120,
		align: "end",
		from: "wide",
		cell: (row) => figure(row.grantCount),
	},
	{ key: "since", title: "Since", width: 120, align: "end", from: "wide", cell: (row) => <When at={row.createdAt} /> },
];

/** People who get the same roles and shares. */
export function GroupList() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("roles:write");
	const text = url.get("q") ?? "";
	const filter = groupsNamed(text);
	const openId = url.get("open");
	const list = usePages({
		key: api.access.listGroups.infiniteQueryKey(filter),
		read: (cursor) => client.access.listGroups.query({ ...filter, cursor }),
	});
	const newButton = (
		<Button look="primary" icon={IconPlus} onClick={() => url.set({ new: "1" })}>
			New group
		</Button>
	);
	return (
		<ScanPage>
			<PageHeader
				title="People & roles"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "group") : undefined}
				actions={mayWrite ? newButton : undefined}
			>
				Who is in a group has its roles, and what is shared with it.
			</PageHeader>
			<AccessTabs />
			<FilterBar>
				<FilterText label="Find a group" value={text} onChange={(q) => url.set({ q: q || null })} />
			</FilterBar>
			<Split
				panel={openId ? <GroupPanel key={openId} groupId={openId} onClose={() => url.set({ open: null })} /> : null}
			>
				<DataTable
					label="Groups"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.roles.map(({ name }) => name).join(", ") || "no roles"}
					openId={openId}
					onOpen={(id) => url.set({ open: id })}
					empty={
						<Empty
							icon={IconUsersGroup}
							title={text ? "No group by that name" : "No groups yet"}
							action={mayWrite && !text ? newButton : undefined}
						>
							{text ? "Try a shorter part of the name." : "Make one for a team, give it roles, and put people into it."}
						</Empty>
					}
				/>
			</Split>
			{mayWrite && url.get("new") ? (
				<GroupForm onClose={() => url.set({ new: null })} onMade={(id) => url.set({ new: null, open: id })} />
			) : null}
		</ScanPage>
	);
}
