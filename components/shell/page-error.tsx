"use client";

import { useRouter } from "next/navigation";
import { startTransition } from "react";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { ReadPage } from "@/components/ui/page";
import styles from "./page-error.module.css";

/** A page that could not be built. The server's log has the cause under the same reference. */
export function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
	const router = useRouter();
	const again = () =>
		startTransition(() => {
			router.refresh();
			reset();
		});
	return (
		<ReadPage>
			<div className={styles.box} role="alert">
				<h1>This page could not be shown</h1>
				<p>The server did not answer as it should. Nothing that you did before is lost.</p>
				<div className={styles.actions}>
					<Button look="primary" onClick={again}>
						Try again
					</Button>
					{error.digest ? (
						<span className={styles.reference}>
							Reference <CopyId value={error.digest} label="reference" />
						</span>
					) : null}
				</div>
			</div>
		</ReadPage>
	);
}
