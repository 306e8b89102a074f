"use client";

import { IconMailPlus, IconUserPlus, IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { AccessTabs } from "@/components/access/access-tabs";
import { InvitationList } from "@/components/invitations/invitation-list";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button } from "@/components/ui/button";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { ScanPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import type { User } from "@/server/users/contract";
import { AccountState } from "./account-state";
import { PersonPanel } from "./person-panel";

const InviteDialog = dynamic(() => import("@/components/invitations/invite-dialog"), { ssr: false });
const UserForm = dynamic(() => import("./user-form"), { ssr: false });

const columns: Column<User>[] = [
	{ key: "name", title: "Name", cell: (row) => row.name },
	{ key: "email", title: "E-mail", width: 260, from: "narrow", cell: (row) => row.email },
	{ key: "role", title: "Role", width: 110, cell: (row) => row.roleName },
	{ key: "state", title: "State", width: 110, cell: (row) => <AccountState isDisabled={row.isDisabled} /> },
	{
		key: "seen",
		title: "Last seen",
		width: 120,
		from: "middle",
		cell: (row) => (row.lastSeenAt ? <When at={row.lastSeenAt} /> : "Not yet"),
	},
	{ key: "since", title: "Since", width: 120, from: "wide", cell: (row) => <When at={row.createdAt} /> },
];

const views = [
	{ value: "", label: "Accounts" },
	{ value: "invited", label: "Invitations" },
];

/** Everybody with an account, and who was invited to make one. */
export function People() {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const mayWrite = useMay("users:write");
	const openId = url.get("open");
	const isInvited = url.get("view") === "invited";
	const list = usePages({
		key: api.users.list.infiniteQueryKey({}),
		read: (cursor) => client.users.list.query({ cursor }),
	});
	const listed = list.rows.find((row) => row.id === openId);
	// A link may lead to somebody who stands further down.
	const linked = useQuery({
		...api.users.get.queryOptions({ userId: openId ?? "" }),
		enabled: openId !== null && !listed && !list.isLoading,
	});
	const open = listed ?? linked.data;
	const choice = (
		<FilterSelect
			label="Show"
			value={isInvited ? "invited" : ""}
			options={views}
			onChange={(view) => url.set({ view, open: null, invitation: null, state: null })}
		/>
	);
	return (
		<ScanPage>
			<PageHeader
				title="People & roles"
				count={list.rows.length > 0 && !list.hasMore ? counted(list.rows.length, "account") : undefined}
				actions={
					mayWrite ? (
						<>
							<Button icon={IconUserPlus} onClick={() => url.set({ new: "1" })}>
								Create account
							</Button>
							<Button look="primary" icon={IconMailPlus} onClick={() => url.set({ invite: "1" })}>
								Invite
							</Button>
						</>
					) : undefined
				}
			>
				Who may sign in, and what their role lets them do.
			</PageHeader>
			<AccessTabs />
			{isInvited ? (
				<InvitationList lead={choice} />
			) : (
				<>
					<FilterBar>{choice}</FilterBar>
					<Split
						panel={open ? <PersonPanel key={open.id} user={open} onClose={() => url.set({ open: null })} /> : null}
					>
						<DataTable
							label="People"
							list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
							columns={columns}
							rowId={(row) => row.id}
							narrow={(row) => row.email}
							openId={openId}
							onOpen={(id) => url.set({ open: id })}
							empty={<Empty icon={IconUsers} title="No accounts yet" />}
						/>
					</Split>
				</>
			)}
			{mayWrite && url.get("invite") ? (
				<InviteDialog
					onClose={() => url.set({ invite: null })}
					onInvited={() => url.set({ invite: null, view: "invited" })}
				/>
			) : null}
			{mayWrite && url.get("new") ? <UserForm onClose={() => url.set({ new: null })} /> : null}
		</ScanPage>
	);
}
