"use client";

import { Modal } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { Theme } from "@/components/ui/theme";
import styles from "./factors.module.css";

/** Shown this once: the server keeps no more than their hashes. */
export default function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
	const text = codes.join("\n");
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Your recovery codes" closeOnClickOutside={false} closeOnEscape={false}>
				<div className={styles.stack}>
					<p>
						Keep them where you find them without this device: printed, or in a password manager. They are not shown
						again.
					</p>
					<ul className={styles.codes} aria-label="Recovery codes">
						{codes.map((code) => (
							<li key={code}>
								<code>{code}</code>
							</li>
						))}
					</ul>
					<div className={styles.foot}>
						<CopyText text={text} label="Copy all recovery codes" />
						<a
							className={styles.download}
							href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`}
							download="quarterdeck-recovery-codes.txt"
						>
							Save as a file
						</a>
						<Button look="primary" onClick={onClose}>
							I have kept them
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}
