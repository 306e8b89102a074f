"use client";

import { Modal, PasswordInput, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { AccessChoice } from "@/components/access/access-choice";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { Access } from "@/server/core/permissions";
import { AddRemote, type RemoteDetail } from "@/server/remotes/contract";
import styles from "./remotes.module.css";

type Values = { name: string; prefix: string; address: string; token: string; access: Access };

/** Connects a server, or changes one: another address needs its token anew. */
export default function RemoteForm(props: {
	server?: RemoteDetail;
	onClose: () => void;
	onSaved: (serverId: string) => void;
}) {
	const { server } = props;
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: {
			name: server?.name ?? "",
			prefix: server?.prefix ?? "",
			address: server?.address ?? "",
			token: "",
			access: server?.access ?? "private",
		},
		validate: ({ token, ...values }) => {
			const issues = AddRemote.safeParse({ ...values, ...(token ? { token } : {}) }).error?.issues ?? [];
			return Object.fromEntries(issues.map(({ path, message }) => [String(path[0]), message]));
		},
	});
	const onSuccess = async ({ id }: RemoteDetail) => {
		await cache.invalidateQueries(api.remotes.pathFilter());
		props.onSaved(id);
	};
	const onError = (error: unknown) => form.setErrors(toFailure(error).fields);
	const add = useMutation(api.remotes.add.mutationOptions({ onSuccess, onError }));
	const change = useMutation(api.remotes.change.mutationOptions({ onSuccess, onError }));
	const submit = form.onSubmit(({ token, prefix, access, ...values }) => {
		const more = token ? { token } : {};
		if (server) change.mutate({ serverId: server.id, ...values, ...more, basedOn: server.revision });
		else add.mutate({ ...values, prefix, access, ...more });
	});
	const error = add.error ?? change.error;
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title={server ? `Change ${server.name}` : "Connect MCP server"} size="lg">
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps("name")} />
					<TextInput
						label="Address"
						description="Where it speaks MCP over streamable HTTP."
						placeholder="https://mcp.example.org/mcp"
						autoComplete="off"
						spellCheck={false}
						{...form.getInputProps("address")}
					/>
					{server ? null : (
						<TextInput
							label="Prefix"
							description="What its tools' names begin with here. It stays."
							placeholder="harbour"
							autoComplete="off"
							spellCheck={false}
							{...form.getInputProps("prefix")}
						/>
					)}
					<PasswordInput
						label="Token"
						description={
							server?.hasToken
								? "Empty: the one that is kept stays, unless the address changes."
								: "Sent as Authorization: Bearer, where the server asks for one. It is kept sealed and shown to nobody."
						}
						autoComplete="off"
						visibilityToggleButtonProps={{ "aria-label": "Show or hide the token" }}
						{...form.getInputProps("token")}
					/>
					{server ? null : (
						<AccessChoice
							label="Who may use its tools, once they are on"
							value={form.values.access}
							onChange={(access) => form.setFieldValue("access", access)}
							says={{
								private: "You can share it with people, groups and roles later.",
								everyone: "As far as their role lets them use tools of others.",
							}}
						/>
					)}
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={add.isPending || change.isPending}>
							{server ? "Save" : "Connect"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
