"use client";

import { Modal, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

/** Shows the secret once, as a picture and for typing, and takes the first code. */
export default function TotpForm(props: { onCodes: (codes: string[]) => void; onClose: () => void }) {
	const api = useApi();
	const client = useClient();
	const changed = useFactorsChanged();
	// A mutation, asked once as the form opens: each time it is asked there is another secret.
	const offer = useQuery({
		queryKey: ["factors", "offer"],
		queryFn: () => client.factors.startTotp.mutate({}),
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
		retry: false,
	});
	const confirm = useMutation(
		api.factors.confirmTotp.mutationOptions({
			onSuccess: async ({ recoveryCodes }) => {
				await changed();
				say("Your app is asked for its code from now on");
				if (recoveryCodes) props.onCodes(recoveryCodes);
				props.onClose();
			},
		}),
	);
	const submit = (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		confirm.mutate({ code: String(new FormData(event.currentTarget).get("code")) });
	};
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title="Add an app for codes">
				<form className={styles.stack} onSubmit={submit}>
					{offer.error ? (
						<ErrorView failure={toFailure(offer.error)} retry={() => void offer.refetch()} />
					) : (
						<>
							<p>Scan this with your authenticator app, or type the key into it.</p>
							<div className={styles.qr}>
								{offer.data ? (
									// biome-ignore lint/performance/noImgElement: it comes with the answer, and is nowhere to be loaded from
									<img
										src={`data:image/svg+xml;base64,${btoa(offer.data.picture)}`}
										alt="QR code for the authenticator app"
										width={200}
										height={200}
									/>
								) : null}
							</div>
							{offer.data ? (
								<div className={styles.secret}>
									<code>{offer.data.secret.match(/.{1,4}/g)?.join(" ")}</code>
									<CopyText text={offer.data.secret} label="Copy the key" />
								</div>
							) : null}
							<TextInput
								name="code"
								label="The code that it shows now"
								placeholder="000 000"
								inputMode="numeric"
								autoComplete="one-time-code"
								data-autofocus
								required
								withAsterisk={false}
								styles={{ input: { fontFamily: "var(--qd-mono)" } }}
							/>
							{confirm.error ? <ErrorView failure={toFailure(confirm.error)} /> : null}
						</>
					)}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={confirm.isPending} disabled={!offer.data}>
							Add app
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
