"use client";

import { ReadPage } from "@/components/ui/page";
import { Theme } from "@/components/ui/theme";
import styles from "./audit.module.css";
import { AuditHead } from "./audit-head";
import { Holds } from "./holds";
import { RetentionSettings } from "./retention";
import { StreamSettings } from "./stream-settings";

/** What is kept how long, what is held, and where entries go beside the database. */
export function AuditSettings() {
	return (
		<ReadPage>
			<AuditHead />
			<Theme>
				<div className={styles.settings}>
					<section className={styles.section} aria-labelledby="streaming">
						<h2 id="streaming">Streaming</h2>
						<p className={styles.hint}>
							Every sealed entry goes to this address, in order, signed, and again until it is taken. docs/audit.md
							tells how to check the signature.
						</p>
						<StreamSettings />
					</section>
					<section className={styles.section} aria-labelledby="retention">
						<h2 id="retention">Retention</h2>
						<p className={styles.hint}>
							Months that have served their time are dropped as a whole. What is left stays verifiable.
						</p>
						<RetentionSettings />
					</section>
					<section className={styles.section} aria-labelledby="holds">
						<h2 id="holds">Legal hold</h2>
						<p className={styles.hint}>What is held is neither dropped nor erased, whatever else is set.</p>
						<Holds />
					</section>
				</div>
			</Theme>
		</ReadPage>
	);
}
