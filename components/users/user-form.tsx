"use client";

import { Modal, NativeSelect, PasswordInput, TextInput } from "@mantine/core";
import { schemaResolver, useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { allRoles, inRank } from "@/components/access/lists";
import { PasswordStrength } from "@/components/auth/password-strength";
import { useMay, useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Role } from "@/server/access/contract";
import { isBuiltInRole, roleDescriptions, roles } from "@/server/core/permissions";
import { CreateUser } from "@/server/users/contract";
import styles from "./users.module.css";

/** Makes an account. Its password is handed over by whoever makes it. */
export default function UserForm({ onClose }: { onClose: () => void }) {
	const api = useApi();
	const me = useMe();
	const cache = useQueryClient();
	const form = useForm<CreateUser>({
		initialValues: { name: "", email: "", role: "staff", password: "" },
		validate: schemaResolver(CreateUser, { sync: true }),
	});
	const create = useMutation(
		api.users.create.mutationOptions({
			onSuccess: async (user) => {
				await cache.invalidateQueries(api.users.list.pathFilter());
				say(`${user.name} can sign in now`);
				onClose();
			},
			onError: (error) => form.setErrors(toFailure(error).fields),
		}),
	);
	const known = useQuery({ ...api.access.listRoles.queryOptions(allRoles), enabled: useMay("roles:read") });
	const builtIn = roles
		.filter((role) => role !== "owner" || me.role === "owner")
		.map((role) => ({ key: role, name: role }));
	const offered: Pick<Role, "key" | "name">[] = known.data
		? inRank(known.data.rows.filter(({ mayGive }) => mayGive))
		: builtIn;
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Create account">
				<form onSubmit={form.onSubmit((values) => create.mutate(values))} className={styles.stack} noValidate>
					<TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps("name")} />
					<TextInput label="E-mail" type="email" autoComplete="off" {...form.getInputProps("email")} />
					<NativeSelect
						label="Role"
						description={isBuiltInRole(form.values.role) ? roleDescriptions[form.values.role] : undefined}
						data={offered.map(({ key, name }) => ({ value: key, label: name }))}
						{...form.getInputProps("role")}
					/>
					<div>
						<PasswordInput
							label="Password"
							description="At least 15 characters. Hand it over on a safe way."
							autoComplete="new-password"
							visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
							{...form.getInputProps("password")}
						/>
						<PasswordStrength password={form.values.password} />
					</div>
					{create.error ? <ErrorView failure={toFailure(create.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Create account
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
