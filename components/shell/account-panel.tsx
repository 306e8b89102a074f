"use client";

import { IconDeviceDesktop, IconLogout, IconMoon, IconSun, IconUserCircle } from "@tabler/icons-react";
import { setColourScheme, useColourScheme } from "@/components/ui/colour-scheme";
import { Link } from "@/components/ui/link";
import styles from "./account-panel.module.css";
import { useMe } from "./me";

export const schemes = [
	{ value: "auto", label: "Auto", icon: IconDeviceDesktop },
	{ value: "light", label: "Light", icon: IconSun },
	{ value: "dark", label: "Dark", icon: IconMoon },
] as const;

export async function leave(): Promise<void> {
	const { signOut } = await import("next-auth/react");
	await signOut({ callbackUrl: "/sign-in" });
}

/** Name, the way to one's account, colour scheme, sign-out. */
export function AccountPanel({ id }: { id: string }) {
	const me = useMe();
	const scheme = useColourScheme();
	return (
		<div id={id} popover="auto" className={styles.panel}>
			<p className={styles.name}>{me.name}</p>
			<p className={styles.email}>{me.email}</p>
			<Link href="/account" className={styles.entry} onClick={() => document.getElementById(id)?.hidePopover()}>
				<IconUserCircle size={16} stroke={1.5} aria-hidden="true" />
				Your account
			</Link>
			<fieldset className={styles.schemes}>
				<legend>Colours</legend>
				{schemes.map(({ value, label, icon: SchemeIcon }) => (
					<label key={value}>
						<input
							type="radio"
							name={`scheme-${id}`}
							value={value}
							checked={scheme === value}
							onChange={() => setColourScheme(value)}
						/>
						<SchemeIcon size={15} stroke={1.5} aria-hidden="true" />
						{label}
					</label>
				))}
			</fieldset>
			<button type="button" className={styles.entry} onClick={() => void leave()}>
				<IconLogout size={16} stroke={1.5} aria-hidden="true" />
				Sign out
			</button>
		</div>
	);
}
