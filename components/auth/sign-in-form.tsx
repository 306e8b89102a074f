"use client";

import { PasswordInput, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { plainFailure } from "@/components/ui/failure";
import styles from "./auth.module.css";
import { enter } from "./enter";

export function SignInForm({ next }: { next: string }) {
	const [isBusy, setBusy] = useState(false);
	const [problem, setProblem] = useState<string | null>(null);
	const submit = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const fields = new FormData(event.currentTarget);
		setBusy(true);
		setProblem(null);
		const failed = await enter(String(fields.get("email")), String(fields.get("password")));
		if (!failed) return window.location.assign(next);
		setProblem(failed);
		setBusy(false);
	};
	return (
		<>
			<form className={styles.form} onSubmit={submit}>
				<header>
					<h1>Sign in</h1>
				</header>
				<TextInput
					name="email"
					type="email"
					label="E-mail"
					autoComplete="username"
					autoFocus
					required
					withAsterisk={false}
				/>
				<PasswordInput
					name="password"
					label="Password"
					autoComplete="current-password"
					required
					withAsterisk={false}
					visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
				/>
				{problem ? <ErrorView failure={plainFailure(problem)} /> : null}
				<Button type="submit" look="primary" isBusy={isBusy}>
					Sign in
				</Button>
			</form>
			<p className={styles.foot}>No account yet? Ask an administrator: they make accounts under People.</p>
		</>
	);
}
