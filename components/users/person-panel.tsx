"use client";

import { IconKey, IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allRoles, inRank } from "@/components/access/lists";
import { PersonAccess } from "@/components/access/person-access";
import { ResetFactors } from "@/components/factors/reset-factors";
import { PersonSessions } from "@/components/sessions/person-sessions";
import { useMay, useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { FilterSelect } from "@/components/ui/field";
import { Link } from "@/components/ui/link";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, PanelSection, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import { isBuiltInRole, roleDescriptions } from "@/server/core/permissions";
import type { User } from "@/server/users/contract";
import { AccountState } from "./account-state";
import { ErasePerson } from "./erase-person";
import styles from "./users.module.css";

/** One account: its role and what that allows; changing the role, switching the account off. */
export function PersonPanel({ user, onClose }: { user: User; onClose: () => void }) {
	const me = useMe();
	const mayWrite = useMay("users:write") && user.id !== me.id && (user.role !== "owner" || me.role === "owner");
	const mayErase = useMay("users:erase") && user.id !== me.id && (user.role !== "owner" || me.role === "owner");
	const mayAudit = useMay("audit:read");
	const mayAsk = useMay("roles:read") || user.id === me.id;
	const mayExplain = useMay("access:explain");
	const mayEnd = useMay("sessions:manage");
	return (
		<SidePanel title={user.name} label="Account" onClose={onClose}>
			<Facts>
				<Fact name="E-mail">{user.email}</Fact>
				<Fact name="State">
					<AccountState isDisabled={user.isDisabled} />
				</Fact>
				<Fact name="Role">{user.roleName}</Fact>
				<Fact name="Last seen">{user.lastSeenAt ? <Exactly at={user.lastSeenAt} /> : "Not yet"}</Fact>
				<Fact name="Since">
					<Exactly at={user.createdAt} />
				</Fact>
				<Fact name="Account">
					<CopyId value={user.id} label="account id" />
				</Fact>
				<Fact name="Access">
					{mayExplain ? <Link href={`/users/access?who=${user.id}`}>Why may they do a thing?</Link> : null}
				</Fact>
				<Fact name="Audit">{mayAudit ? <Link href={`/audit?user=${user.id}`}>What they did</Link> : null}</Fact>
			</Facts>
			{mayWrite && !user.isErased ? <Change user={user} /> : null}
			{mayEnd && !user.isErased ? <PersonSessions key={user.id} userId={user.id} name={user.name} /> : null}
			{mayErase && !user.isErased ? <ErasePerson user={user} onErased={onClose} /> : null}
			{user.id === me.id ? (
				<p className={styles.hint}>This is your own account: another administrator can change it.</p>
			) : null}
			{mayAsk ? <PersonAccess userId={user.id} /> : null}
		</SidePanel>
	);
}

function Change({ user }: { user: User }) {
	const api = useApi();
	const cache = useQueryClient();
	const onSuccess = () => cache.invalidateQueries(api.users.list.pathFilter());
	const setRole = useMutation(api.users.setRole.mutationOptions({ onSuccess }));
	const setDisabled = useMutation(api.users.setDisabled.mutationOptions({ onSuccess }));
	const startReset = useMutation(api.account.startReset.mutationOptions());
	const error = setRole.error ?? setDisabled.error ?? startReset.error;
	const roles = useQuery({ ...api.access.listRoles.queryOptions(allRoles), enabled: useMay("roles:read") });
	const offered = inRank(roles.data?.rows ?? []).filter(({ key, mayGive }) => mayGive || key === user.role);
	const changeRole = async (wanted: string) => {
		const found = offered.find(({ key }) => key === wanted);
		if (!found || found.key === user.role) return;
		const { key: role, name } = found;
		const isWanted = await confirm({
			title: `Give ${user.name} the role ${name}?`,
			text: `${isBuiltInRole(role) ? roleDescriptions[role] : found.description} It takes effect at once.`,
			action: "Change role",
			tone: "plain",
		});
		if (isWanted) setRole.mutate({ userId: user.id, role });
	};
	const sendLink = async () => {
		const isWanted = await confirm({
			title: `Send ${user.name} a link to a new password?`,
			text: "They choose it themselves; you don't see it. The link works once, for 30 minutes, and using it signs them out everywhere.",
			action: "Send the link",
			tone: "plain",
		});
		if (!isWanted) return;
		startReset.mutate({ userId: user.id }, { onSuccess: () => say(`A mail to ${user.email} is written`) });
	};
	const toggle = async () => {
		if (user.isDisabled) return setDisabled.mutate({ userId: user.id, isDisabled: false });
		const isWanted = await confirm({
			title: `Disable ${user.name}'s account?`,
			text: "Their sessions end at once, and what their agents are doing stops. Nothing of theirs is deleted; you can enable the account again.",
			action: "Disable account",
		});
		if (!isWanted) return;
		setDisabled.mutate(
			{ userId: user.id, isDisabled: true },
			{ onSuccess: () => say(`${user.name} can no longer sign in`) },
		);
	};
	return (
		<PanelSection title="Change">
			<div className={styles.change}>
				<FilterSelect
					label={`Role of ${user.name}`}
					value={user.role}
					options={offered.map(({ key, name }) => ({ value: key, label: name }))}
					onChange={(role) => void changeRole(role)}
				/>
				{user.isDisabled ? null : (
					<Button icon={IconKey} isBusy={startReset.isPending} onClick={() => void sendLink()}>
						Send a link to a new password
					</Button>
				)}
				<ResetFactors user={user} />
				<Button
					look={user.isDisabled ? "plain" : "danger"}
					icon={user.isDisabled ? IconUserCheck : IconUserOff}
					isBusy={setDisabled.isPending}
					onClick={() => void toggle()}
				>
					{user.isDisabled ? "Enable account" : "Disable account"}
				</Button>
			</div>
			{error ? <ErrorView failure={toFailure(error)} /> : null}
		</PanelSection>
	);
}
