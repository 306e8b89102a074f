"use client";

import { Modal } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { Theme } from "@/components/ui/theme";
import type { NewKey } from "@/server/keys/contract";
import styles from "./keys.module.css";

/** The one time that the whole key is shown. A click beside it does not lose it. */
export default function KeySecret({ made, onClose }: { made: NewKey; onClose: () => void }) {
	const { key, secret } = made;
	const curl = `curl -H 'Authorization: Bearer ${secret}' ${window.location.origin}/api/v1/me`;
	return (
		<Theme>
			<Modal
				opened
				onClose={onClose}
				title={`The key ${key.name}`}
				size={700}
				closeOnClickOutside={false}
				closeOnEscape={false}
				withCloseButton={false}
			>
				<div className={styles.stack}>
					<p>
						Copy it now and put it where the program finds it. It is not kept here, and nobody can show it to you again.
					</p>
					<div className={styles.secret}>
						<code>{secret}</code>
						<CopyText text={secret} label="Copy the key" />
					</div>
					<div className={styles.example}>
						<p className={styles.hint}>
							Try it{key.scopes.includes("account:read") ? "" : " (this call needs the right account:read)"}:
						</p>
						<pre>{curl}</pre>
						<CopyText text={curl} label="Copy the example" />
					</div>
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
