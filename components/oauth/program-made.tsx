"use client";

import { Modal } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { CopyText } from "@/components/ui/copy";
import { Theme } from "@/components/ui/theme";
import type { NewProgram } from "@/server/oauth/contract";
import styles from "./oauth.module.css";

/** What the program has to be told; the one time that its secret is shown. */
export default function ProgramMade({ made, onClose }: { made: NewProgram; onClose: () => void }) {
	const { program, secret } = made;
	return (
		<Theme>
			<Modal
				opened
				onClose={onClose}
				title={`${program.name} may ask people`}
				size={640}
				closeOnClickOutside={secret === null}
				closeOnEscape={secret === null}
				withCloseButton={false}
			>
				<div className={styles.stack}>
					<p>Tell the program its client id{secret ? " and its secret" : ""}, and the address of the MCP face.</p>
					<Told name="Address" text={`${window.location.origin}/api/mcp`} />
					<Told name="Client id" text={program.id} />
					{secret ? (
						<>
							<Told name="Secret" text={secret} />
							<p className={styles.hint}>The secret is not kept here, and nobody can show it to you again.</p>
						</>
					) : null}
					<div className={styles.foot}>
						<Button look="primary" onClick={onClose}>
							{secret ? "I have copied it" : "Done"}
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}

function Told({ name, text }: { name: string; text: string }) {
	return (
		<div>
			<p className={styles.hint}>{name}</p>
			<div className={styles.secret}>
				<code>{text}</code>
				<CopyText text={text} label={`Copy the ${name.toLowerCase()}`} />
			</div>
		</div>
	);
}
