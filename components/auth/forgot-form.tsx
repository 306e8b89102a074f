"use client";

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Link } from "@/components/ui/link";
import styles from "./auth.module.css";
import { LinkCard, toSignIn } from "./link-card";
import { useSubmit } from "./use-submit";

/** Asks for a link to a new password. What it says afterwards is the same for every address. */
export function ForgotForm() {
	const [asked, setAsked] = useState<string | null>(null);
	const { submit, isBusy, wrong, failure } = useSubmit(async (api, fields) => {
		const email = String(fields.get("email")).trim();
		await api.account.forgot.mutate({ email });
		setAsked(email);
	});
	if (asked !== null)
		return (
			<LinkCard title="Look into your mailbox" next={toSignIn}>
				If there is an account with the address {asked}, a mail with a link is on its way to it. The link works once,
				for 30 minutes. Nothing came? Look among the unwanted mails, or ask an administrator to start it for you.
			</LinkCard>
		);
	return (
		<>
			<form className={styles.form} onSubmit={submit}>
				<header>
					<h1>Choose a new password</h1>
					<p>We send a link to the address of your account.</p>
				</header>
				<TextInput
					name="email"
					type="email"
					label="E-mail"
					autoComplete="username"
					autoFocus
					required
					withAsterisk={false}
					error={wrong.email}
				/>
				{failure ? <ErrorView failure={failure} /> : null}
				<Button type="submit" look="primary" isBusy={isBusy}>
					Send the link
				</Button>
			</form>
			<p className={styles.foot}>
				<Link href="/sign-in">Back to sign-in</Link>
			</p>
		</>
	);
}
