"use client";

import { PasswordInput, TextInput } from "@mantine/core";
import { IconKey, IconLogin2 } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { plainFailure } from "@/components/ui/failure";
import { Link } from "@/components/ui/link";
import type { FactorKind } from "@/server/factors/contract";
import styles from "./auth.module.css";
import { type Entered, enter, enterByProvider, enterPasskey } from "./enter";
import { SecondStep } from "./second-step";

export function SignInForm(props: {
	next: string;
	/** What the OpenID Connect provider is called; null where there is none. */
	provider: string | null;
	/** Factors that a sign-in by the provider still asks for. */
	step: FactorKind[];
	problem: string | null;
}) {
	const [busy, setBusy] = useState<"password" | "passkey" | "provider" | null>(null);
	const [problem, setProblem] = useState(props.problem);
	const [step, setStep] = useState(props.step);
	const go = async (way: NonNullable<typeof busy>, work: () => Promise<Entered>) => {
		setBusy(way);
		setProblem(null);
		const entered = await work();
		if (entered.kind === "in") return window.location.assign(props.next);
		if (entered.kind === "factor") setStep(entered.factors);
		else setProblem(entered.text);
		setBusy(null);
	};
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const fields = new FormData(event.currentTarget);
		void go("password", () => enter(String(fields.get("email")), String(fields.get("password"))));
	};
	if (step.length > 0) return <SecondStep factors={step} next={props.next} onBack={() => setStep([])} />;
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
				<Button type="submit" look="primary" isBusy={busy === "password"} disabled={busy !== null}>
					Sign in
				</Button>
				<p className={styles.or}>
					<span>or</span>
				</p>
				<div className={styles.ways}>
					{props.provider ? (
						<Button
							icon={IconLogin2}
							isBusy={busy === "provider"}
							disabled={busy !== null}
							onClick={() => {
								setBusy("provider");
								void enterByProvider(props.next).catch(() => setBusy(null));
							}}
						>
							Continue with {props.provider}
						</Button>
					) : null}
					<Button
						icon={IconKey}
						isBusy={busy === "passkey"}
						disabled={busy !== null}
						onClick={() => void go("passkey", enterPasskey)}
					>
						Use a passkey
					</Button>
				</div>
			</form>
			<p className={styles.foot}>
				<Link href="/forgot">Forgot your password?</Link>
			</p>
			<p className={styles.foot}>No account yet? Ask an administrator: they invite people under People.</p>
		</>
	);
}
