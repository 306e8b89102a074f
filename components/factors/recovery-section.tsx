"use client";

import { useMutation } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { confirm } from "@/components/ui/say";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

export function RecoverySection(props: { left: number; hasFactor: boolean; onCodes: (codes: string[]) => void }) {
	const api = useApi();
	const changed = useFactorsChanged();
	const renew = useMutation(
		api.factors.renewRecoveryCodes.mutationOptions({
			onSuccess: async ({ recoveryCodes }) => {
				props.onCodes(recoveryCodes);
				await changed();
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Make new recovery codes?",
			text: "The ones that you have no longer work then.",
			action: "Make new codes",
			tone: "plain",
		});
		if (isWanted) renew.mutate({});
	};
	return (
		<section className={styles.section} aria-labelledby="recovery">
			<header>
				<h2 id="recovery">Recovery codes</h2>
				{props.hasFactor ? (
					<Button isBusy={renew.isPending} onClick={() => void ask()}>
						Make new codes
					</Button>
				) : null}
			</header>
			{renew.error ? <ErrorView failure={toFailure(renew.error)} /> : null}
			{props.hasFactor ? (
				<p className={styles.hint}>
					<Badge tone={props.left > 3 ? "neutral" : "amber"}>{props.left} of 10 left</Badge> For the day on which your
					phone or passkey is lost. Each serves once.
				</p>
			) : (
				<p className={styles.hint}>You get ten of them with your first passkey or app for codes.</p>
			)}
		</section>
	);
}
