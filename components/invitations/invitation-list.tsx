"use client";

import { IconMailPlus } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { type Column, DataTable } from "@/components/ui/data-table";
import { Empty } from "@/components/ui/empty";
import { FilterBar, FilterSelect } from "@/components/ui/field";
import { Split } from "@/components/ui/side-panel";
import { When } from "@/components/ui/time";
import { useUrl } from "@/components/ui/use-url";
import { type Invitation, invitationStates } from "@/server/invitations/contract";
import { InvitationPanel } from "./invitation-panel";
import { InvitationState, stateWords } from "./invitation-state";

const columns: Column<Invitation>[] = [
	{ key: "email", title: "E-mail", cell: (row) => row.email },
	{
		key: "role",
		title: "Role",
		width: 130,
		from: "narrow",
		cell: (row) => row.roles.map(({ name }) => name).join(", "),
	},
	{ key: "state", title: "State", width: 116, cell: (row) => <InvitationState state={row.state} /> },
	{ key: "by", title: "By", width: 160, from: "wide", cell: (row) => row.invitedBy ?? "Nobody any more" },
	{ key: "sent", title: "Sent", width: 110, from: "middle", cell: (row) => <When at={row.sentAt} /> },
];
const states = [
	{ value: "", label: "Any state" },
	...invitationStates.map((state) => ({ value: state, label: stateWords[state] })),
];

/** Who was invited, and what became of it. `lead` stands before its own filters. */
export function InvitationList({ lead }: { lead: ReactNode }) {
	const api = useApi();
	const client = useClient();
	const url = useUrl();
	const openId = url.get("invitation");
	const state = invitationStates.find((one) => one === url.get("state"));
	const filter = state ? { filter: { state: { eq: state } } } : {};
	const list = usePages({
		key: api.invitations.list.infiniteQueryKey(filter),
		read: (cursor) => client.invitations.list.query({ ...filter, cursor }),
	});
	const open = list.rows.find((row) => row.id === openId);
	return (
		<>
			<FilterBar>
				{lead}
				<FilterSelect
					label="State"
					value={state ?? ""}
					options={states}
					onChange={(next) => url.set({ state: next, invitation: null })}
				/>
			</FilterBar>
			<Split
				panel={
					open ? (
						<InvitationPanel key={open.id} invitation={open} onClose={() => url.set({ invitation: null })} />
					) : null
				}
			>
				<DataTable
					label="Invitations"
					list={{ ...list, failure: list.error ? toFailure(list.error) : null }}
					columns={columns}
					rowId={(row) => row.id}
					narrow={(row) => row.roles.map(({ name }) => name).join(", ")}
					openId={openId}
					onOpen={(id) => url.set({ invitation: id })}
					empty={
						<Empty icon={IconMailPlus} title={state ? "No invitation in this state" : "Nobody is invited yet"}>
							{state ? "Take the filter away to see all of them." : "Invite somebody: they get a mail with a link."}
						</Empty>
					}
				/>
			</Split>
		</>
	);
}
