"use client";

import { Modal, PasswordInput, TextInput } from "@mantine/core";
import { IconExternalLink, IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { answerProof } from "@/components/trpc/proof";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { type Failure, plainFailure } from "@/components/ui/failure";
import { Theme } from "@/components/ui/theme";
import type { Prove } from "@/server/factors/contract";
import styles from "./auth.module.css";

type Way = "password" | "code" | "passkey" | "provider";
/** How often it is looked whether the proof came by another window, in ms. */
const lookMs = 1_500;

/** Something dangerous waits for a proof of who one is; what was typed stays where it is. */
export default function ProofDialog() {
	const api = useApi();
	const client = useClient();
	const [busy, setBusy] = useState<Way | null>(null);
	const [failure, setFailure] = useState<Failure | null>(null);
	const ways = useQuery(
		api.auth.proofs.queryOptions({}, { staleTime: 0, refetchInterval: busy === "provider" ? lookMs : false }),
	);
	const cameElsewhere = busy === "provider" && ways.data?.isFresh === true;
	useEffect(() => {
		if (cameElsewhere) answerProof(true);
	}, [cameElsewhere]);

	const go = async (way: Way, work: () => Promise<Prove | string>) => {
		setBusy(way);
		setFailure(null);
		try {
			const proof = await work();
			if (typeof proof === "string") setFailure(plainFailure(proof));
			else {
				await client.auth.prove.mutate(proof);
				return answerProof(true);
			}
		} catch (error) {
			setFailure(toFailure(error));
		}
		setBusy(null);
	};
	const submit = (way: "password" | "code") => (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const typed = String(new FormData(event.currentTarget).get(way));
		void go(way, async () => (way === "password" ? { password: typed } : { code: typed }));
	};
	const byPasskey = async (): Promise<Prove | string> => {
		const { askPasskey } = await import("./passkey");
		const asked = await askPasskey(await client.auth.startProof.mutate({}));
		return asked.passkey ? { passkey: asked.passkey } : asked.problem;
	};
	const byProvider = async () => {
		setBusy("provider");
		setFailure(null);
		// Opened at the click itself: later a browser would take it for an advertisement.
		const other = window.open("about:blank", "_blank");
		try {
			await client.auth.startProofAtProvider.mutate({});
			const { providerAddress } = await import("./provider-address");
			const address = await providerAddress("/proved");
			if (other) other.location.href = address;
		} catch (error) {
			other?.close();
			setFailure(toFailure(error));
			setBusy(null);
		}
	};
	const may = ways.data;
	// Both ways of asking for the focus: the fields come before or after the dialog has placed it.
	const isFirst = (way: "password" | "totp") => (may?.password ? way === "password" : way === "totp");
	return (
		<Theme>
			<Modal opened onClose={() => answerProof(false)} title="Confirm that it is you">
				<div className={styles.proof}>
					<p>You last proved who you are more than 10 minutes ago. What you entered is kept.</p>
					{ways.error ? <ErrorView failure={toFailure(ways.error)} retry={() => void ways.refetch()} /> : null}
					{may?.password ? (
						<form onSubmit={submit("password")} className={styles.proofLine}>
							<PasswordInput
								name="password"
								label="Password"
								autoComplete="current-password"
								autoFocus={isFirst("password")}
								data-autofocus={isFirst("password") || undefined}
								required
								withAsterisk={false}
								visibilityToggleButtonProps={{ "aria-label": "Show or hide the password" }}
							/>
							<Button type="submit" look="primary" isBusy={busy === "password"} disabled={busy !== null}>
								Confirm
							</Button>
						</form>
					) : null}
					{may?.totp ? (
						<form onSubmit={submit("code")} className={styles.proofLine}>
							<TextInput
								name="code"
								label="Code of your app"
								placeholder="000 000"
								inputMode="numeric"
								autoComplete="one-time-code"
								autoFocus={isFirst("totp")}
								data-autofocus={isFirst("totp") || undefined}
								required
								withAsterisk={false}
								styles={{ input: { fontFamily: "var(--qd-mono)" } }}
							/>
							<Button
								type="submit"
								look={may.password ? "plain" : "primary"}
								isBusy={busy === "code"}
								disabled={busy !== null}
							>
								Confirm
							</Button>
						</form>
					) : null}
					<div className={styles.ways}>
						{may?.passkey ? (
							<Button
								icon={IconKey}
								isBusy={busy === "passkey"}
								disabled={busy !== null}
								onClick={() => void go("passkey", byPasskey)}
							>
								Use a passkey
							</Button>
						) : null}
						{may?.provider ? (
							<Button
								icon={IconExternalLink}
								isBusy={busy === "provider"}
								disabled={busy !== null}
								onClick={() => void byProvider()}
							>
								Confirm with {may.provider} in another window
							</Button>
						) : null}
						{busy === "provider" ? <p role="status">This goes on by itself once you have signed in there.</p> : null}
					</div>
					{failure ? <ErrorView failure={failure} /> : null}
				</div>
			</Modal>
		</Theme>
	);
}
