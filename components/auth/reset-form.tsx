"use client";

import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import styles from "./auth.module.css";
import { LinkCard, toSignIn } from "./link-card";
import { NewPassword } from "./new-password";
import { useSubmit } from "./use-submit";

/** A new password by a link from a mail. It leads to sign-in, where the second factor is asked for as always. */
export function ResetForm({ token, least }: { token: string; least: number }) {
	const [password, setPassword] = useState("");
	const [liveKeys, setDone] = useState<number | null>(null);
	const { submit, isBusy, wrong, failure } = useSubmit(async (api) => {
		setDone((await api.account.resetPassword.mutate({ token, password })).liveKeys);
	});
	if (liveKeys !== null)
		return (
			<LinkCard title="Your password is set" next={toSignIn}>
				Everybody who was signed in to your account was signed out. Sign in with the new password.
				{liveKeys > 0
					? ` ${counted(liveKeys, "API key")} of yours still ${liveKeys === 1 ? "works" : "work"}, so that no program stops: once you are in, look at them under Account, API keys, and revoke what you don't need.`
					: ""}
			</LinkCard>
		);
	return (
		<form className={styles.form} onSubmit={submit} noValidate>
			<header>
				<h1>Choose a new password</h1>
				<p>Setting it signs everybody out who is in your account now.</p>
			</header>
			<NewPassword
				label="New password"
				value={password}
				onChange={setPassword}
				least={least}
				error={wrong.password}
				isFirst
			/>
			{failure ? <ErrorView failure={failure} /> : null}
			<Button type="submit" look="primary" isBusy={isBusy}>
				Set the password
			</Button>
		</form>
	);
}

export function ResetGone() {
	return (
		<LinkCard title="This link doesn't work any more" next={{ href: "/forgot", label: "Ask for a new link" }}>
			It was used, replaced or is older than 30 minutes. Your password is as it was.
		</LinkCard>
	);
}
