"use client";

import { IconDeviceMobile } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { Empty } from "@/components/ui/empty";
import { ErrorView } from "@/components/ui/error-view";
import { confirm, say } from "@/components/ui/say";
import { When } from "@/components/ui/time";
import styles from "./factors.module.css";
import { useFactorsChanged } from "./use-factors";

const TotpForm = dynamic(() => import("./totp-form"), { ssr: false });

export function AppForCodes({ since, onCodes }: { since: Date | null; onCodes: (codes: string[]) => void }) {
	const api = useApi();
	const changed = useFactorsChanged();
	const [isOpen, setOpen] = useState(false);
	const remove = useMutation(
		api.factors.removeTotp.mutationOptions({
			onSuccess: async () => {
				await changed();
				say("The app for codes was removed");
			},
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Remove the app for codes?",
			text: "Its codes no longer sign you in.",
			action: "Remove app",
		});
		if (isWanted) remove.mutate({});
	};
	return (
		<section className={styles.section} aria-labelledby="totp">
			<header>
				<h2 id="totp">App for codes</h2>
			</header>
			{remove.error ? <ErrorView failure={toFailure(remove.error)} /> : null}
			{since ? (
				<ul className={styles.list}>
					<li>
						<div className={styles.what}>
							<strong>Six digits every 30 seconds</strong>
							<small>
								Added <When at={since} />
							</small>
						</div>
						<span className={styles.acts}>
							<Button size="small" look="quiet" isBusy={remove.isPending} onClick={() => void ask()}>
								Remove app
							</Button>
						</span>
					</li>
				</ul>
			) : (
				<Empty
					icon={IconDeviceMobile}
					title="No app for codes yet"
					action={<Button onClick={() => setOpen(true)}>Add app</Button>}
				>
					An authenticator app on your phone shows a code that is asked for after your password.
				</Empty>
			)}
			{isOpen ? <TotpForm onCodes={onCodes} onClose={() => setOpen(false)} /> : null}
		</section>
	);
}
