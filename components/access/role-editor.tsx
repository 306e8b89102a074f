"use client";

import { IconCopy, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { FilterBar, FilterText } from "@/components/ui/field";
import { counted } from "@/components/ui/figures";
import { Link } from "@/components/ui/link";
import { ReadPage } from "@/components/ui/page";
import { PageHeader } from "@/components/ui/page-header";
import { confirm, say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Role, RoleWithHolders } from "@/server/access/contract";
import { isBuiltInRole, type Permission, permissions } from "@/server/core/permissions";
import styles from "./access.module.css";
import { RightsMatrix } from "./rights-matrix";

const RoleChangeDialog = dynamic(() => import("./role-change-dialog"), { ssr: false });
const RoleNames = dynamic(() => import("./role-names"), { ssr: false });

/** A role that is there. */
export function RoleView({ role }: { role: Role["key"] }) {
	const api = useApi();
	const query = useQuery(api.access.getRole.queryOptions({ role }));
	if (!query.data)
		return (
			<ReadPage>
				{query.error ? <ErrorView failure={toFailure(query.error)} retry={() => void query.refetch()} /> : null}
			</ReadPage>
		);
	return <RoleEditor key={query.data.role.version} role={query.data.role} holders={query.data.holders} />;
}

/** A role to be made, of nothing or after another one. */
export function NewRole({ from }: { from: Role["key"] | null }) {
	const api = useApi();
	const query = useQuery({ ...api.access.getRole.queryOptions({ role: from ?? "viewer" }), enabled: from !== null });
	if (from !== null && query.isPending) return <ReadPage>{null}</ReadPage>;
	return <RoleEditor start={query.data?.role.permissions ?? []} />;
}

function RoleEditor(props: { role?: Role; holders?: RoleWithHolders["holders"]; start?: Permission[] }) {
	const { role, holders = [] } = props;
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const mayWrite = useMay("roles:write");
	const mayChange = mayWrite && (!role || (!role.isBuiltIn && role.mayGive));
	const [name, setName] = useState(role?.name ?? "");
	const [description, setDescription] = useState(role?.description ?? "");
	const [held, setHeld] = useState<ReadonlySet<Permission>>(new Set(role?.permissions ?? props.start ?? []));
	const [search, setSearch] = useState("");
	const [isAsking, setAsking] = useState(false);
	const list = permissions.filter((one) => held.has(one));
	const isChanged =
		!role ||
		name !== role.name ||
		description !== role.description ||
		list.length !== role.permissions.length ||
		role.permissions.some((one) => !held.has(one));
	const create = useMutation(
		api.access.createRole.mutationOptions({
			onSuccess: async (made) => {
				await cache.invalidateQueries(api.access.pathFilter());
				say(`${made.name} can be given now`);
				router.push(`/users/roles/${made.key}`);
			},
		}),
	);
	const change = (permission: Permission, isHeld: boolean) => {
		const next = new Set(held);
		if (isHeld) next.add(permission);
		else next.delete(permission);
		setHeld(next);
	};
	return (
		<ReadPage>
			<PageHeader
				up={{ href: "/users/roles", label: "Roles" }}
				title={role?.name ?? "New role"}
				count={`${list.length} of ${counted(permissions.length, "right")}`}
				actions={
					role && mayWrite ? (
						<>
							<ButtonLink icon={IconCopy} href={`/users/roles/new?from=${role.key}`}>
								Copy
							</ButtonLink>
							{role.isBuiltIn ? null : <Remove role={role} />}
						</>
					) : undefined
				}
			>
				{role?.isBuiltIn
					? `${role.description} It is built in and stays as it is: copy it to change it.`
					: role?.description}
			</PageHeader>
			{mayChange ? (
				<Theme>
					<RoleNames name={name} description={description} onName={setName} onDescription={setDescription} />
				</Theme>
			) : null}
			{role && !role.isBuiltIn && mayWrite && !role.mayGive ? (
				<p className={styles.hint}>It has rights that you don't hold yourself, so you can't change or give it.</p>
			) : null}
			<FilterBar>
				<FilterText label="Find a right" value={search} onChange={setSearch} />
			</FilterBar>
			<RightsMatrix held={held} search={search} {...(mayChange ? { onChange: change } : {})} />
			{create.error ? <ErrorView failure={toFailure(create.error)} /> : null}
			{mayChange ? (
				<div className={styles.foot}>
					{role ? (
						<Button
							look="primary"
							disabled={!isChanged || !name.trim() || list.length === 0}
							onClick={() => setAsking(true)}
						>
							Look at the difference
						</Button>
					) : (
						<Button
							look="primary"
							disabled={!name.trim() || list.length === 0}
							isBusy={create.isPending}
							onClick={() => create.mutate({ name, description, permissions: list })}
						>
							Create role
						</Button>
					)}
				</div>
			) : null}
			{role ? <Holders role={role} holders={holders} /> : null}
			{role && isAsking && !isBuiltInRole(role.key) ? (
				<RoleChangeDialog
					change={{ role: role.key, version: role.version, name, description, permissions: list }}
					onClose={() => setAsking(false)}
				/>
			) : null}
		</ReadPage>
	);
}

function Remove({ role }: { role: Role }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const remove = useMutation(
		api.access.removeRole.mutationOptions({
			onSuccess: async () => {
				router.push("/users/roles");
				await cache.invalidateQueries(api.access.listRoles.pathFilter());
				say(`${role.name} was removed`);
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const isHeld = role.userCount + role.groupCount > 0;
	const ask = async () => {
		const text = "Nobody holds it. What was shared with it is shared with nobody through it any more.";
		if (await confirm({ title: `Remove ${role.name}?`, text, action: "Remove role" }))
			remove.mutate({ role: role.key });
	};
	return (
		<Button
			look="danger"
			icon={IconTrash}
			disabled={isHeld}
			title={isHeld ? "Take it from whoever holds it first" : undefined}
			isBusy={remove.isPending}
			onClick={() => void ask()}
		>
			Remove
		</Button>
	);
}

function Holders({ role, holders }: { role: Role; holders: RoleWithHolders["holders"] }) {
	const count = role.userCount + role.groupCount;
	return (
		<section className={styles.stack} aria-labelledby="holders">
			<h2 id="holders" style={{ fontSize: "0.9375rem", fontWeight: 600 }}>
				Who holds it
			</h2>
			{holders.length === 0 ? (
				<p className={styles.hint}>Nobody yet: give it to a person or a group from their panel.</p>
			) : null}
			<ul className={styles.rows}>
				{holders.map((holder) => (
					<li key={`${holder.kind} ${holder.id}`}>
						<span className={styles.who}>
							<Link href={holder.kind === "user" ? `/users?open=${holder.id}` : `/users/groups?open=${holder.id}`}>
								{holder.name}
							</Link>
							<small>
								{holder.kind === "group" ? "Group" : holder.how === "first" ? "Their first role" : "An extra role"}
							</small>
						</span>
					</li>
				))}
			</ul>
			{count > holders.length ? <p className={styles.hint}>And {counted(count - holders.length, "other")}.</p> : null}
		</section>
	);
}
