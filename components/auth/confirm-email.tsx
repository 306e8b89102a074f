"use client";

import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import styles from "./auth.module.css";
import { LinkCard } from "./link-card";
import { useSubmit } from "./use-submit";

const toConsole = { href: "/account", label: "Go to your account" };

/** A button, so that no mail scanner that follows the link confirms the address. */
export function ConfirmEmail({ token, email }: { token: string; email: string }) {
	const [isDone, setDone] = useState(false);
	const { submit, isBusy, failure } = useSubmit(async (api) => {
		await api.account.confirmEmail.mutate({ token });
		setDone(true);
	});
	if (isDone)
		return (
			<LinkCard title="Your address is changed" next={toConsole}>
				Sign in with {email} from now on. Your old address gets a notice.
			</LinkCard>
		);
	return (
		<form className={styles.form} onSubmit={submit}>
			<header>
				<h1>Confirm your new address</h1>
				<p>
					Your account uses <strong>{email}</strong> from then on, to sign in and for mails.
				</p>
			</header>
			{failure ? <ErrorView failure={failure} /> : null}
			<Button type="submit" look="primary" isBusy={isBusy}>
				Confirm the address
			</Button>
		</form>
	);
}

export function ConfirmGone() {
	return (
		<LinkCard title="This link doesn't work any more" next={toConsole}>
			It was used, replaced or is older than an hour. Ask for a new one under Account.
		</LinkCard>
	);
}
