"use client";

import { TextInput } from "@mantine/core";
import { IconKey } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { plainFailure } from "@/components/ui/failure";
import type { FactorKind } from "@/server/factors/contract";
import styles from "./auth.module.css";
import { type Entered, enterCode, enterPasskey } from "./enter";

/** The password was right; now what only its person has. */
export function SecondStep(props: { factors: FactorKind[]; next: string; onBack: () => void }) {
	const { factors } = props;
	const [isRecovery, setRecovery] = useState(!factors.includes("totp") && !factors.includes("passkey"));
	const [busy, setBusy] = useState<"code" | "passkey" | null>(null);
	const [problem, setProblem] = useState<string | null>(null);
	const go = async (way: "code" | "passkey", work: () => Promise<Entered>) => {
		setBusy(way);
		setProblem(null);
		const entered = await work();
		if (entered.kind === "in") return window.location.assign(props.next);
		setProblem(entered.kind === "problem" ? entered.text : "Begin anew: this sign-in has ended.");
		setBusy(null);
	};
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const code = String(new FormData(event.currentTarget).get("code"));
		void go("code", () => enterCode(code));
	};
	const wantsCode = isRecovery || factors.includes("totp");
	return (
		<form className={styles.form} onSubmit={submit}>
			<header>
				<h1>Second step</h1>
				<p>
					{isRecovery
						? "Type one of the recovery codes that you kept. It serves once."
						: wantsCode
							? "Type the code that your app shows now."
							: "Your account asks for a passkey beside the password."}
				</p>
			</header>
			{wantsCode ? (
				<TextInput
					key={isRecovery ? "recovery" : "totp"}
					name="code"
					label={isRecovery ? "Recovery code" : "Code"}
					placeholder={isRecovery ? "XXXX-XXXX-XXXX" : "000 000"}
					autoComplete={isRecovery ? "off" : "one-time-code"}
					inputMode={isRecovery ? "text" : "numeric"}
					autoCapitalize="characters"
					spellCheck={false}
					autoFocus
					required
					withAsterisk={false}
					styles={{ input: { fontFamily: "var(--qd-mono)" } }}
				/>
			) : null}
			{problem ? <ErrorView failure={plainFailure(problem)} /> : null}
			{wantsCode ? (
				<Button type="submit" look="primary" isBusy={busy === "code"} disabled={busy !== null}>
					Continue
				</Button>
			) : null}
			<div className={styles.ways}>
				{factors.includes("passkey") ? (
					<Button
						icon={IconKey}
						look={wantsCode ? "plain" : "primary"}
						isBusy={busy === "passkey"}
						disabled={busy !== null}
						onClick={() => void go("passkey", enterPasskey)}
					>
						Use a passkey
					</Button>
				) : null}
				{factors.includes("recovery") ? (
					<Button look="quiet" disabled={busy !== null} onClick={() => setRecovery(!isRecovery)}>
						{isRecovery ? "Back to the other ways" : "Use a recovery code"}
					</Button>
				) : null}
				<Button look="quiet" disabled={busy !== null} onClick={props.onBack}>
					Sign in as somebody else
				</Button>
			</div>
		</form>
	);
}
