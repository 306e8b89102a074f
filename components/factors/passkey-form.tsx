"use client";

import { Modal, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { type Failure, plainFailure } from "@/components/ui/failure";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { Passkey } from "@/server/factors/contract";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

/** Names a passkey: a new one, which the browser then makes, or one that is there. */
export default function PasskeyForm(props: {
	passkey: Passkey | null;
	onCodes: (codes: string[]) => void;
	onClose: () => void;
}) {
	const client = useClient();
	const changed = useFactorsChanged();
	const [isBusy, setBusy] = useState(false);
	const [failure, setFailure] = useState<Failure | null>(null);

	const make = async (name: string): Promise<Failure | null> => {
		const { makePasskey } = await import("@/components/auth/passkey");
		const made = await makePasskey(await client.factors.startPasskey.mutate({}));
		if (!made.passkey) return plainFailure(made.problem);
		const { recoveryCodes } = await client.factors.addPasskey.mutate({ name, registration: made.passkey });
		say(`${name} signs you in now`);
		if (recoveryCodes) props.onCodes(recoveryCodes);
		return null;
	};
	const submit = async (event: FormEvent<HTMLFormElement>) => {
		event.preventDefault();
		const name = String(new FormData(event.currentTarget).get("name"));
		setBusy(true);
		setFailure(null);
		try {
			if (props.passkey) await client.factors.renamePasskey.mutate({ passkeyId: props.passkey.id, name });
			const failed = props.passkey ? null : await make(name);
			if (!failed) {
				await changed();
				return props.onClose();
			}
			setFailure(failed);
		} catch (error) {
			setFailure(toFailure(error));
		}
		setBusy(false);
	};
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title={props.passkey ? "Rename passkey" : "Add a passkey"}>
				<form className={styles.stack} onSubmit={submit}>
					<TextInput
						name="name"
						label="Name"
						description={props.passkey ? undefined : "By which you will know it, such as the device it is on."}
						defaultValue={props.passkey?.name ?? ""}
						placeholder="Work laptop"
						maxLength={60}
						data-autofocus
						autoComplete="off"
						required
						withAsterisk={false}
						error={failure?.fields.name}
					/>
					{failure && !failure.fields.name ? <ErrorView failure={failure} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={isBusy}>
							{props.passkey ? "Rename" : "Continue in the browser"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
