"use client";

import { IconCloud, IconKey, IconPlus } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { Passkey } from "@/server/factors/contract";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

const PasskeyForm = dynamic(() => import("./passkey-form"), { ssr: false });

export function Passkeys({ passkeys, onCodes }: { passkeys: Passkey[]; onCodes: (codes: string[]) => void }) {
	const api = useApi();
	const changed = useFactorsChanged();
	const [form, setForm] = useState<{ passkey: Passkey | null } | null>(null);
	const remove = useMutation(api.factors.removePasskey.mutationOptions({ onSuccess: changed }));
	const ask = async (one: Passkey) => {
		const isWanted = await confirm({
			title: `Remove ${one.name}?`,
			text: "It no longer signs you in here. The device keeps its half, which is then worth nothing.",
			action: "Remove passkey",
		});
		if (isWanted) remove.mutate({ passkeyId: one.id }, { onSuccess: () => say(`${one.name} was removed`) });
	};
	const add = (
		<Button icon={IconPlus} onClick={() => setForm({ passkey: null })}>
			Add passkey
		</Button>
	);
	return (
		<section className={styles.section} aria-labelledby="passkeys">
			<header>
				<h2 id="passkeys">Passkeys</h2>
				{passkeys.length > 0 ? add : null}
			</header>
			{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
			{passkeys.length === 0 ? (
				<Empty icon={IconKey} title="No passkey yet" action={add}>
					A passkey signs you in with your fingerprint, face or device PIN, without a password. Nobody can fish for it.
				</Empty>
			) : (
				<ul className={styles.list}>
					{passkeys.map((one) => (
						<li key={one.id}>
							<div className={styles.what}>
								<strong>{one.name}</strong>
								<small>
									Added <When at={one.createdAt} /> ·{" "}
									{one.lastUsedAt ? (
										<>
											used <When at={one.lastUsedAt} />
										</>
									) : (
										"not used yet"
									)}
								</small>
							</div>
							{one.isBackedUp ? (
								<Badge icon={IconCloud} isPlain>
									Synced
								</Badge>
							) : null}
							<span className={styles.acts}>
								<Button
									size="small"
									look="quiet"
									onClick={() => setForm({ passkey: one })}
									aria-label={`Rename ${one.name}`}
								>
									Rename
								</Button>
								<Button
									size="small"
									look="quiet"
									onClick={() => void ask(one)}
									isBusy={remove.isPending && remove.variables.passkeyId === one.id}
									aria-label={`Remove ${one.name}`}
								>
									Remove
								</Button>
							</span>
						</li>
					))}
				</ul>
			)}
			{form ? <PasskeyForm passkey={form.passkey} onCodes={onCodes} onClose={() => setForm(null)} /> : null}
		</section>
	);
}
