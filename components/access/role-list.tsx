"use client";

import { IconLock, IconPlus, IconShieldHalf } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button-link";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { counted, figure } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import type { Role } from "@/server/access/contract";
import { AccessTabs } from "./access-tabs";
import { allRoles, inRank } from "./lists";

const columns: Column<Role>[] = [
	{ key: "name", title: "Role", cell: (row) => <Link href={`/users/roles/${row.key}`}>{row.name}</Link> },
	{ key: "description", title: "What it is for", from: "middle", cell: (row) => row.description || "–" },
	{
		key: "kind",
		title: "Kind",
		width: 110,
		from: "narrow",
		cell: (row) =>
			row.isBuiltIn ? (
				<Badge icon={IconLock} isPlain>
					Built in
				</Badge>
			) : (
				"Custom"
			),
	},
	{ key: "rights", title: "Rights", width: 80, align: "end", cell: (row) => figure(row.permissions.length) },
	{ key: "users", title: "People", width: 84, align: "end", from: "narrow", cell: (row) => figure(row.userCount) },
	{ key: "groups", title: "Groups", width: 84, align: "end", from: "middle", cell: (row) => figure(row.groupCount) },
];

/** What can be given to people and groups. */
export function RoleList() {
	const api = useApi();
	const mayWrite = useMay("roles:write");
	const query = useQuery(api.access.listRoles.queryOptions(allRoles));
	const rows = inRank(query.data?.rows ?? []);
	return (
		<ReadPage>
			<PageHeader
				title="People & roles"
				count={rows.length > 0 ? counted(rows.length, "role") : undefined}
				actions={
					mayWrite ? (
						<ButtonLink look="primary" icon={IconPlus} href="/users/roles/new">
							New role
						</ButtonLink>
					) : undefined
				}
			>
				A role is a set of rights. Somebody may hold several: what counts is all of them together.
			</PageHeader>
			<AccessTabs />
			<DataTable
				label="Roles"
				list={{
					rows,
					isLoading: query.isPending,
					failure: query.error ? toFailure(query.error) : null,
					hasMore: false,
					isLoadingMore: false,
					loadMore: () => {},
					retry: () => void query.refetch(),
				}}
				columns={columns}
				rowId={(row) => row.key}
				narrow={(row) => `${row.isBuiltIn ? "built in" : "custom"}, ${counted(row.userCount, "person", "people")}`}
				empty={<Empty icon={IconShieldHalf} title="No roles" />}
			/>
		</ReadPage>
	);
}
