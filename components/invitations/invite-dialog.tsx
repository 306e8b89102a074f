"use client";

import { Modal, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allRoles, inRank } from "@/components/access/lists";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { roleDescriptions, roleMay, roles } from "@/server/core/permissions";
import { Invite } from "@/server/invitations/contract";
import styles from "./invitations.module.css";

type Offered = { key: string; name: string; description: string };

/** Invites somebody by mail, with what the inviter may give. */
export default function InviteDialog({ onClose, onInvited }: { onClose: () => void; onInvited: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const offered = useOfferedRoles();
	const groups = useQuery({
		...api.access.listGroups.queryOptions({ limit: 200, sort: "name" }),
		enabled: useMay("roles:read"),
	});
	const form = useForm<Required<Invite>>({
		initialValues: { email: "", role: "staff", groupIds: [] },
		validate: schemaResolver(Invite, { sync: true }),
	});
	const invite = useMutation(
		api.invitations.create.mutationOptions({
			onSuccess: async ({ email }) => {
				await cache.invalidateQueries(api.invitations.pathFilter());
				await cache.invalidateQueries(api.mail.pathFilter());
				say(`A mail to ${email} is written`);
				onInvited();
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const chosen = offered.find(({ key }) => key === form.values.role);
	const groupRows = groups.data?.rows ?? [];
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Invite somebody">
				<form onSubmit={form.onSubmit((values) => invite.mutate(values))} className={styles.stack} noValidate>
					<TextInput
						label="E-mail"
						type="email"
						description="They get a link by which they choose their name and password. It works for 7 days."
						data-autofocus
						autoComplete="off"
						{...form.getInputProps("email")}
					/>
					<NativeSelect
						label="Role"
						description={chosen?.description}
						data={offered.map(({ key, name }) => ({ value: key, label: name }))}
						{...form.getInputProps("role")}
					/>
					{groupRows.length > 0 ? (
						<MultiSelect
							label="Groups"
							description="They get what these groups have. You can give only what you hold."
							data={groupRows.map(({ id, name }) => ({ value: id, label: name }))}
							searchable
							clearable
							maxValues={20}
							nothingFoundMessage="No group by that name"
							{...form.getInputProps("groupIds")}
						/>
					) : null}
					{invite.error ? <ErrorView failure={toFailure(invite.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={invite.isPending}>
							Invite
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}

/** The roles that one may give; where one may not read them all, the built-in ones that give no more than one has. */
function useOfferedRoles(): Offered[] {
	const api = useApi();
	const mayRead = useMay("roles:read");
	const isOwner = useMay("owners:write");
	const query = useQuery({ ...api.access.listRoles.queryOptions(allRoles), enabled: mayRead });
	if (query.data) return inRank(query.data.rows.filter(({ mayGive }) => mayGive));
	return roles
		.filter((role) => isOwner || !roleMay(role, "owners:write"))
		.map((role) => ({ key: role, name: role, description: roleDescriptions[role] }));
}
