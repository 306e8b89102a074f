"use client";

import { useMe } from "@/components/shell/me";
import { CopyId } from "@/components/ui/copy";
import { Fact, Facts } from "@/components/ui/side-panel";
import styles from "./account.module.css";
import { ChangeProfile } from "./change-profile";

/** Who one is here, and what one may do. */
export function Profile() {
	const me = useMe();
	return (
		<>
			<section className={styles.section} aria-labelledby="who">
				<h2 id="who">Who you are</h2>
				<ChangeProfile />
				<Facts>
					<Fact name="Role">{me.roleName}</Fact>
					<Fact name="Account">
						<CopyId value={me.id} label="account id" />
					</Fact>
				</Facts>
			</section>
			<section className={styles.section} aria-labelledby="rights">
				<h2 id="rights">What you may do</h2>
				<ul className={styles.rights}>
					{me.permissions.map((permission) => (
						<li key={permission}>
							<code>{permission}</code>
						</li>
					))}
				</ul>
			</section>
		</>
	);
}
