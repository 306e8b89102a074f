"use client";

import { IconChevronUp } from "@tabler/icons-react";
import { useId } from "react";
import { AccountPanel } from "./account-panel";
import { useMe } from "./me";
import styles from "./rail.module.css";

export const initialsOf = (name: string): string =>
	name
		.split(/\s+/)
		.map((part) => part.charAt(0))
		.slice(0, 2)
		.join("")
		.toUpperCase();

/** Who is signed in; opens what belongs to the account. A native popover, which Esc and a click beside it close. */
export function AccountMenu({ isFolded }: { isFolded: boolean }) {
	const me = useMe();
	const id = useId();
	return (
		<>
			<button
				type="button"
				className={styles.account}
				popoverTarget={id}
				aria-label={isFolded ? me.name : undefined}
				title={isFolded ? me.name : undefined}
			>
				<span className={styles.initials} aria-hidden="true">
					{initialsOf(me.name)}
				</span>
				<span className={styles.who}>
					<span>{me.name}</span>
					<small>{me.roleName}</small>
				</span>
				<IconChevronUp size={14} stroke={1.5} className={styles.word} style={{ marginInlineStart: "auto" }} />
			</button>
			<AccountPanel id={id} />
		</>
	);
}
