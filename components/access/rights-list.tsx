import type { Source, Standing } from "@/server/access/contract";
import { permissionDescriptions } from "@/server/core/permissions";
import styles from "./access.module.css";

function sayWay({ how, role, group }: Source): string {
	switch (how) {
		case "account":
			return "every account";
		case "first":
			return `role ${role?.name}`;
		case "extra":
			return `extra role ${role?.name}`;
		case "group":
			return `role ${role?.name} of group ${group?.name}`;
	}
}

/** Every right that somebody holds, and by which ways. */
export function RightsList({ standing }: { standing: Standing }) {
	if (standing.rights.length === 0) return <p className={styles.hint}>None: the account is disabled.</p>;
	return (
		<dl className={styles.rights}>
			{standing.rights.map(({ permission, through }) => (
				<div key={permission} title={permissionDescriptions[permission]}>
					<dt>
						<code>{permission}</code>
					</dt>
					<dd>by {through.map(sayWay).join(", ")}</dd>
				</div>
			))}
		</dl>
	);
}
