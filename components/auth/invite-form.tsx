"use client";

import { TextInput } from "@mantine/core";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import styles from "./auth.module.css";
import { enter } from "./enter";
import { LinkCard, toSignIn } from "./link-card";
import { NewPassword } from "./new-password";
import { useSubmit } from "./use-submit";

type Invited = { email: string; invitedBy: string };

/** An invited person makes their account, and is signed in with it. */
export function InviteForm({ token, invitation }: { token: string; invitation: Invited }) {
	const [password, setPassword] = useState("");
	const [isMade, setMade] = useState(false);
	const { submit, isBusy, wrong, failure } = useSubmit(async (api, fields) => {
		await api.invitations.accept.mutate({ token, name: String(fields.get("name") ?? ""), password });
		const entered = await enter(invitation.email, password);
		if (entered.kind === "in") window.location.assign("/");
		else setMade(true);
	});
	if (isMade)
		return (
			<LinkCard title="Your account is made" next={toSignIn}>
				Sign in with {invitation.email} and the password that you chose.
			</LinkCard>
		);
	return (
		<form className={styles.form} onSubmit={submit} noValidate>
			<header>
				<h1>{invitation.invitedBy} invites you</h1>
				<p>Choose your name and a password: that makes your account.</p>
			</header>
			<TextInput
				name="email"
				type="email"
				label="E-mail"
				value={invitation.email}
				readOnly
				autoComplete="username"
				variant="filled"
			/>
			<TextInput name="name" label="Your name" autoComplete="name" autoFocus error={wrong.name} />
			<NewPassword label="Password" value={password} onChange={setPassword} error={wrong.password} />
			{failure ? <ErrorView failure={failure} /> : null}
			<Button type="submit" look="primary" isBusy={isBusy}>
				Make the account
			</Button>
		</form>
	);
}

export function InviteGone() {
	return (
		<LinkCard title="This invitation doesn't work any more" next={toSignIn}>
			It was used, taken back, replaced by a newer one, or is older than a week. Ask whoever invited you for a new one.
		</LinkCard>
	);
}
