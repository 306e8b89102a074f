"use client";

import { IconLink } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { enterByProvider } from "@/components/auth/enter";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import type { Failure } from "@/components/ui/failure";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import type { MyFactors } from "@/server/factors/contract";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

/** Who one is at the organisation's provider. */
export function ProviderLinks({ provider, identities }: { provider: string; identities: MyFactors["identities"] }) {
	const api = useApi();
	const client = useClient();
	const changed = useFactorsChanged();
	const [failure, setFailure] = useState<Failure | null>(null);
	const unlink = useMutation(
		api.factors.unlink.mutationOptions({
			onSuccess: async () => {
				await changed();
				say("The link was removed");
			},
		}),
	);
	const link = async () => {
		setFailure(null);
		try {
			await client.factors.startLink.mutate({});
			await enterByProvider("/account/security");
		} catch (error) {
			setFailure(toFailure(error));
		}
	};
	const ask = async ({ issuer, subject }: MyFactors["identities"][number]) => {
		const isWanted = await confirm({
			title: "Remove this link?",
			text: `${provider} no longer signs you in to this account.`,
			action: "Remove link",
		});
		if (isWanted) unlink.mutate({ issuer, subject });
	};
	const add = <Button onClick={() => void link()}>Link {provider}</Button>;
	const problem = failure ?? (unlink.error ? toFailure(unlink.error) : null);
	return (
		<section className={styles.section} aria-labelledby="provider">
			<header>
				<h2 id="provider">Sign-in with {provider}</h2>
			</header>
			{problem ? <ErrorView failure={problem} /> : null}
			{identities.length === 0 ? (
				<Empty icon={IconLink} title="Not linked" action={add}>
					Once linked, your organisation's provider signs you in to this account.
				</Empty>
			) : (
				<ul className={styles.list}>
					{identities.map((one) => (
						<li key={`${one.issuer} ${one.subject}`}>
							<div className={styles.what}>
								<strong>{one.email ?? one.subject}</strong>
								<small>
									{new URL(one.issuer).host} · linked <When at={one.createdAt} />
								</small>
							</div>
							<span className={styles.acts}>
								<Button size="small" look="quiet" isBusy={unlink.isPending} onClick={() => void ask(one)}>
									Remove link
								</Button>
							</span>
						</li>
					))}
				</ul>
			)}
		</section>
	);
}
