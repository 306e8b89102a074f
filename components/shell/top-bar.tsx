"use client";

import { IconMenu2, IconSearch, IconX } from "@tabler/icons-react";
import { usePathname } from "next/navigation";
import { useEffect, useRef } from "react";
import { AccountMenu } from "./account-menu";
import { Mark } from "./mark";
import { openPalette } from "./palette-state";
import styles from "./rail.module.css";
import { RailEntries } from "./rail-entries";

/** On a narrow screen: the menu as a drawer. A native dialog keeps focus inside and closes on Esc. */
export function TopBar() {
	const drawer = useRef<HTMLDialogElement>(null);
	const path = usePathname();
	const close = () => drawer.current?.close();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
	useEffect(close, [path]);
	return (
		<section aria-label="Console" className={styles.bar}>
			<button
				type="button"
				className={styles.barButton}
				aria-label="Open the menu"
				onClick={() => drawer.current?.showModal()}
			>
				<IconMenu2 size={20} stroke={1.5} />
			</button>
			<span className={styles.brand}>
				<Mark size={22} />
				Quarterdeck
			</span>
			<button type="button" className={styles.barButton} aria-label="Search" onClick={openPalette}>
				<IconSearch size={19} stroke={1.5} />
			</button>
			{/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside it closes it; Esc does so natively */}
			<dialog
				ref={drawer}
				className={styles.drawer}
				aria-label="Menu"
				onClick={(event) => {
					if (event.target === drawer.current) close();
				}}
			>
				<button type="button" className={styles.barButton} aria-label="Close the menu" onClick={close}>
					<IconX size={20} stroke={1.5} />
				</button>
				<RailEntries isFolded={false} onGo={close} />
				<AccountMenu isFolded={false} />
			</dialog>
		</section>
	);
}
