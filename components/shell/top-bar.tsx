"use client";

import { IconMenu2, IconSearch, IconX } from "@tabler/icons-react";
import { usePathname } from "next/navigation";
import { useEffect, useState } from "react";
import { Drawer } from "@/components/ui/drawer";
import { AccountMenu } from "./account-menu";
import { Mark } from "./mark";
import { openPalette } from "./palette-state";
import styles from "./rail.module.css";
import { RailEntries } from "./rail-entries";

/** On a narrow screen: the menu as a drawer. */
export function TopBar() {
	const [isOpen, setOpen] = useState(false);
	const path = usePathname();
	// biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the drawer
	useEffect(() => setOpen(false), [path]);
	return (
		<section aria-label="Console" className={styles.bar}>
			<button type="button" className={styles.barButton} aria-label="Open the menu" onClick={() => setOpen(true)}>
				<IconMenu2 size={20} stroke={1.5} />
			</button>
			<span className={styles.brand}>
				<Mark size={22} />
				Quarterdeck
			</span>
			<button type="button" className={styles.barButton} aria-label="Search" onClick={openPalette}>
				<IconSearch size={19} stroke={1.5} />
			</button>
			{isOpen ? (
				<Drawer label="Menu" className={styles.drawer} onClosed={() => setOpen(false)}>
					{(close) => (
						<>
							<button type="button" className={styles.barButton} aria-label="Close the menu" onClick={close}>
								<IconX size={20} stroke={1.5} />
							</button>
							<RailEntries isFolded={false} />
							<AccountMenu isFolded={false} />
						</>
					)}
				</Drawer>
			) : null}
		</section>
	);
}
