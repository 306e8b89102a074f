"use client";

import { TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useMe } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import type { Failure } from "@/components/ui/failure";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import styles from "./account.module.css";

/** One's name, at once, and one's address, once it is confirmed from its mailbox. */
export function ChangeProfile() {
	return (
		<Theme>
			<NameForm />
			<AddressForm />
		</Theme>
	);
}

const typed = (event: FormEvent<HTMLFormElement>, name: string): string => {
	event.preventDefault();
	return String(new FormData(event.currentTarget).get(name) ?? "").trim();
};
const asWhole = (failure: Failure | null) =>
	failure && Object.keys(failure.fields).length === 0 ? <ErrorView failure={failure} /> : null;

function NameForm() {
	const api = useApi();
	const me = useMe();
	const cache = useQueryClient();
	const router = useRouter();
	const rename = useMutation(
		api.account.rename.mutationOptions({
			onSuccess: async () => {
				say("Your name is changed");
				await cache.invalidateQueries(api.auth.me.pathFilter());
				router.refresh();
			},
		}),
	);
	const failure = rename.error ? toFailure(rename.error) : null;
	return (
		<form className={styles.line} onSubmit={(event) => rename.mutate({ name: typed(event, "name") })} noValidate>
			<TextInput
				name="name"
				label="Name"
				autoComplete="name"
				maxLength={100}
				defaultValue={me.name}
				error={failure?.fields.name}
			/>
			<Button type="submit" isBusy={rename.isPending}>
				Change name
			</Button>
			{asWhole(failure)}
		</form>
	);
}

function AddressForm() {
	const api = useApi();
	const me = useMe();
	const [asked, setAsked] = useState<string | null>(null);
	const change = useMutation(api.account.changeEmail.mutationOptions());
	const failure = change.error ? toFailure(change.error) : null;
	const submit = (event: FormEvent<HTMLFormElement>) => {
		const email = typed(event, "email");
		change.mutate({ email }, { onSuccess: () => setAsked(email) });
	};
	return (
		<form className={styles.line} onSubmit={submit} noValidate>
			<TextInput
				name="email"
				type="email"
				label="E-mail"
				autoComplete="email"
				maxLength={254}
				defaultValue={me.email}
				error={failure?.fields.email}
			/>
			<Button type="submit" isBusy={change.isPending}>
				Change address
			</Button>
			{asWhole(failure)}
			{asked && !failure ? (
				<p className={styles.hint} role="status">
					A mail with a link is on its way to {asked}. Your address changes once you follow it; {me.email} gets a
					notice.
				</p>
			) : null}
		</form>
	);
}
