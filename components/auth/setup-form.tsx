"use client";

import { TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { type Failure, plainFailure } from "@/components/ui/failure";
import styles from "./auth.module.css";
import { enter } from "./enter";
import { NewPassword } from "./new-password";

/** First run: whoever started the server has the code that it printed, and becomes the owner. */
export function SetupForm() {
	const [isBusy, setBusy] = useState(false);
	const [failure, setFailure] = useState<Failure | null>(null);
	const [password, setPassword] = useState("");
	const submit = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const fields = new FormData(event.currentTarget);
		const text = (name: string) => String(fields.get(name) ?? "");
		setBusy(true);
		setFailure(null);
		const failed = await createOwner({ code: text("code"), name: text("name"), email: text("email"), password });
		if (!failed) return window.location.assign("/");
		setFailure(failed);
		setBusy(false);
	};
	const wrong = failure?.fields ?? {};
	const isFieldWrong = Object.keys(wrong).length > 0;
	return (
		<form className={styles.form} onSubmit={submit} noValidate>
			<header>
				<h1>Make the owner's account</h1>
				<p>The command that started this server printed a one-time code. Whoever has it sets up this installation.</p>
			</header>
			<TextInput
				name="code"
				label="One-time code"
				placeholder="XXXX-XXXX-XXXX"
				autoComplete="one-time-code"
				autoCapitalize="characters"
				spellCheck={false}
				autoFocus
				error={wrong.code}
				styles={{ input: { fontFamily: "var(--qd-mono)" } }}
			/>
			<TextInput name="name" label="Your name" autoComplete="name" error={wrong.name} />
			<TextInput name="email" label="E-mail" type="email" autoComplete="username" error={wrong.email} />
			<NewPassword label="Password" value={password} onChange={setPassword} error={wrong.password} />
			{failure && !isFieldWrong ? <ErrorView failure={failure} /> : null}
			<Button type="submit" look="primary" isBusy={isBusy}>
				Create account
			</Button>
		</form>
	);
}

/** Makes the account and opens its first session; null where both went well. */
async function createOwner(owner: {
	code: string;
	name: string;
	email: string;
	password: string;
}): Promise<Failure | null> {
	const { makeApi } = await import("@/components/trpc/api");
	try {
		await makeApi().auth.createOwner.mutate(owner);
	} catch (error) {
		return toFailure(error);
	}
	const entered = await enter(owner.email, owner.password);
	if (entered.kind === "in") return null;
	const problem = entered.kind === "problem" ? entered.text : "it asks for a second factor.";
	return plainFailure(`Your account stands, but signing in failed: ${problem}`);
}
