"use client";

import { IconPencil, IconTrash, IconX } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { usePages } from "@/components/trpc/pages";
import { Button, IconButton } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { Group } from "@/server/access/contract";
import styles from "./access.module.css";

const AddMember = dynamic(() => import("./add-member"), { ssr: false });
const GiveRole = dynamic(() => import("./role-select"), { ssr: false });
const GroupForm = dynamic(() => import("./group-form"), { ssr: false });

/** One group: its roles, who is in it. */
export function GroupPanel({ groupId, onClose }: { groupId: string; onClose: () => void }) {
	const api = useApi();
	const mayWrite = useMay("roles:write");
	const query = useQuery(api.access.getGroup.queryOptions({ groupId }));
	const group = query.data;
	return (
		<SidePanel title={group?.name ?? "Group"} label="Group" onClose={onClose}>
			{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			{group ? (
				<>
					{mayWrite ? <Change group={group} onRemoved={onClose} /> : null}
					{group.description ? <p>{group.description}</p> : null}
					<Facts>
						<Fact name="Shared with it">{counted(group.grantCount, "thing")}</Fact>
						<Fact name="Since">
							<Exactly at={group.createdAt} />
						</Fact>
						<Fact name="Group">
							<CopyId value={group.id} label="group id" />
						</Fact>
					</Facts>
					<Roles group={group} mayWrite={mayWrite} />
					<Members group={group} mayWrite={mayWrite} />
				</>
			) : null}
		</SidePanel>
	);
}

function Change({ group, onRemoved }: { group: Group; onRemoved: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const [isEditing, setEditing] = useState(false);
	const remove = useMutation(
		api.access.removeGroup.mutationOptions({
			onSuccess: async () => {
				onRemoved();
				await cache.invalidateQueries(api.access.pathFilter());
				say(`${group.name} was removed`);
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: `Remove ${group.name}?`,
			text: `Its ${counted(group.memberCount, "member")} lose what they have through it: its roles, and what is shared with it. The accounts stay.`,
			action: "Remove group",
		});
		if (isWanted) remove.mutate({ groupId: group.id });
	};
	return (
		<>
			<div className={styles.line}>
				<Button icon={IconPencil} onClick={() => setEditing(true)}>
					Change
				</Button>
				<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void ask()}>
					Remove
				</Button>
			</div>
			{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
			{isEditing ? <GroupForm group={group} onClose={() => setEditing(false)} /> : null}
		</>
	);
}

function Roles({ group, mayWrite }: { group: Group; mayWrite: boolean }) {
	const api = useApi();
	const cache = useQueryClient();
	const take = useMutation(
		api.access.unassignRole.mutationOptions({ onSuccess: () => cache.invalidateQueries(api.access.pathFilter()) }),
	);
	return (
		<PanelSection title="Roles">
			{group.roles.length === 0 ? <p className={styles.hint}>None: it is for sharing only.</p> : null}
			<ul className={styles.rows}>
				{group.roles.map((role) => (
					<li key={role.key}>
						<Link href={`/users/roles/${role.key}`}>{role.name}</Link>
						{mayWrite ? (
							<IconButton
								icon={IconX}
								size="small"
								label={`Take the role ${role.name} from the group`}
								disabled={take.isPending}
								onClick={() => take.mutate({ holderId: group.id, role: role.key })}
							/>
						) : null}
					</li>
				))}
			</ul>
			{take.error ? <ErrorView failure={toFailure(take.error)} /> : null}
			{mayWrite ? <GiveRole holderId={group.id} without={group.roles.map(({ key }) => key)} /> : null}
		</PanelSection>
	);
}

function Members({ group, mayWrite }: { group: Group; mayWrite: boolean }) {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const mayFind = useMay("users:read");
	const groupId = group.id;
	const list = usePages({
		key: api.access.listMembers.infiniteQueryKey({ groupId, sort: "name" }),
		read: (cursor) => client.access.listMembers.query({ groupId, sort: "name", cursor }),
	});
	const remove = useMutation(
		api.access.removeMembers.mutationOptions({ onSuccess: () => cache.invalidateQueries(api.access.pathFilter()) }),
	);
	return (
		<PanelSection title={counted(group.memberCount, "member")}>
			{mayWrite && mayFind ? <AddMember groupId={groupId} without={list.rows.map(({ id }) => id)} /> : null}
			{list.error ? <ErrorView failure={toFailure(list.error)} retry={list.retry} /> : null}
			{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
			<ul className={styles.rows}>
				{list.rows.map((member) => (
					<li key={member.id}>
						<span className={styles.who}>
							<Link href={`/users?open=${member.id}`}>{member.name}</Link>
							<small>
								{member.email}
								{member.isDisabled ? " · disabled" : ""}
							</small>
						</span>
						{mayWrite ? (
							<IconButton
								icon={IconX}
								size="small"
								label={`Take ${member.name} out of the group`}
								disabled={remove.isPending}
								onClick={() => remove.mutate({ groupId, userIds: [member.id] })}
							/>
						) : null}
					</li>
				))}
			</ul>
			{list.hasMore ? (
				<Button isBusy={list.isLoadingMore} onClick={list.loadMore}>
					Show more
				</Button>
			) : null}
		</PanelSection>
	);
}
