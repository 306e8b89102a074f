"use client";

import { TextInput } from "@mantine/core";
import { IconLogin2 } from "@tabler/icons-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { plainFailure } from "@/components/ui/failure";
import styles from "./auth.module.css";
import { enter } from "./enter";
import { LinkCard, toSignIn } from "./link-card";
import { NewPassword } from "./new-password";
import { useSubmit } from "./use-submit";

type Invited = { email: string; invitedBy: string; provider: { name: string; isRequired: boolean } | null };

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
	const { provider } = invitation;
	const way = provider ? <ProviderWay token={token} name={provider.name} isOnly={provider.isRequired} /> : null;
	if (provider?.isRequired)
		return (
			<div className={styles.form}>
				<header>
					<h1>{invitation.invitedBy} invites you</h1>
					<p>Your organisation signs you in with {provider.name}: that makes your account.</p>
				</header>
				{way}
			</div>
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
			{way ? (
				<p className={styles.or}>
					<span>or</span>
				</p>
			) : null}
			{way}
		</form>
	);
}

/** Comes by the organisation's provider, with the invitation in hand. */
function ProviderWay({ token, name, isOnly }: { token: string; name: string; isOnly: boolean }) {
	const [isBusy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string | null>(null);
	const go = async () => {
		setBusy(true);
		setProblem(null);
		try {
			const { providerAddress } = await import("./provider-address");
			window.location.assign(await providerAddress("/", token));
		} catch {
			setProblem("The server can't be reached. Check your connection, then try again.");
			setBusy(false);
		}
	};
	return (
		<>
			{problem ? <ErrorView failure={plainFailure(problem)} /> : null}
			<Button icon={IconLogin2} look={isOnly ? "primary" : "plain"} isBusy={isBusy} onClick={() => void go()}>
				Continue with {name}
			</Button>
		</>
	);
}

export function InviteGone() {
	return (
		<LinkCard title="This invitation doesn't work any more" next={toSignIn}>
			It was used, taken back, replaced by a newer one, or is older than a week. Ask whoever invited you for a new one.
		</LinkCard>
	);
}
