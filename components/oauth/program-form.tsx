"use client";

import { Checkbox, Modal, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import { CreateProgram, type NewProgram } from "@/server/oauth/contract";
import styles from "./oauth.module.css";

type Values = { name: string; addresses: string; withSecret: boolean };

const toInput = ({ name, addresses, withSecret }: Values) => ({
	name,
	redirectUris: addresses.split(/\s+/).filter(Boolean),
	withSecret,
});

export default function ProgramForm(props: { onClose: () => void; onMade: (made: NewProgram) => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const form = useForm<Values>({
		initialValues: { name: "", addresses: "", withSecret: false },
		validate: (values) => {
			const issues = CreateProgram.safeParse(toInput(values)).error?.issues ?? [];
			return Object.fromEntries(
				issues.map(({ path, message }) => [path[0] === "redirectUris" ? "addresses" : String(path[0]), message]),
			);
		},
	});
	const create = useMutation(
		api.oauth.createProgram.mutationOptions({
			onSuccess: async (made) => {
				await cache.invalidateQueries(api.oauth.listPrograms.pathFilter());
				props.onMade(made);
			},
			onError: (error) => {
				const { redirectUris, ...fields } = toFailure(error).fields;
				form.setErrors({ ...fields, ...(redirectUris ? { addresses: redirectUris } : {}) });
			},
		}),
	);
	const submit = form.onSubmit((values) => create.mutate(CreateProgram.parse(toInput(values))));
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title="Register program" size="lg">
				<form onSubmit={submit} className={styles.stack} noValidate>
					<TextInput
						label="Name"
						description="People see it when they are asked."
						data-autofocus
						autoComplete="off"
						{...form.getInputProps("name")}
					/>
					<Textarea
						label="Redirect addresses"
						description="Where its answers go, one a line, letter by letter. On the person's own machine (http://127.0.0.1 or http://localhost) the port may differ."
						placeholder="https://app.example.org/oauth/callback"
						autosize
						minRows={2}
						maxRows={6}
						spellCheck={false}
						{...form.getInputProps("addresses")}
					/>
					<Checkbox
						label="It has a secret"
						description="For a program on a server. One on people's own machines can't keep any."
						{...form.getInputProps("withSecret", { type: "checkbox" })}
					/>
					{create.error ? <ErrorView failure={toFailure(create.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={create.isPending}>
							Register
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
