"use client";

import { Modal } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { Theme } from "@/components/ui/theme";
import type { WebhookSecret } from "@/server/triggers/contract";
import styles from "./triggers.module.css";

/** The one time that the secret is shown. A click beside it does not lose it. */
export default function HookSecret({ made, onClose }: { made: WebhookSecret; onClose: () => void }) {
	const { trigger, secret } = made;
	const curl = [
		`ID=msg_$(date +%s%N) AT=$(date +%s) BODY='{"level":"red"}'`,
		`KEY=$(printf %s '${secret.slice("whsec_".length)}' | base64 -d | od -An -tx1 | tr -d ' \\n')`,
		'SIGN=$(printf %s "$ID.$AT.$BODY" | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | base64)',
		`curl -H "webhook-id: $ID" -H "webhook-timestamp: $AT" -H "webhook-signature: v1,$SIGN" -d "$BODY" ${window.location.origin}${trigger.path}`,
	].join("\n");
	return (
		<Theme>
			<Modal
				opened
				onClose={onClose}
				title={`The secret of ${trigger.name}`}
				size={700}
				closeOnClickOutside={false}
				closeOnEscape={false}
				withCloseButton={false}
			>
				<div className={styles.stack}>
					<p>Copy it now and give it to the program that calls. Nobody can show it to you again.</p>
					<div className={styles.address}>
						<code>{secret}</code>
						<CopyText text={secret} label="Copy the secret" />
					</div>
					<p className={styles.hint}>
						Calls are signed as standardwebhooks.com says. Try it from a shell; the answer is 202 with the run’s id:
					</p>
					<pre className={styles.example}>{curl}</pre>
					<CopyText text={curl} label="Copy the example" />
					<div className={styles.foot}>
						<Button look="primary" onClick={onClose}>
							I have copied it
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}
