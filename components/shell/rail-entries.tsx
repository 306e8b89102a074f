"use client";

import { usePathname } from "next/navigation";
import { WaitingCount } from "@/components/approvals/waiting-count";
import { Link } from "@/components/ui/link";
import { areas } from "./areas";
import { useMe } from "./me";
import styles from "./rail.module.css";

/** The areas with what one may open. */
export function RailEntries({ isFolded }: { isFolded: boolean }) {
	const path = usePathname();
	const { permissions } = useMe();
	return (
		<nav className={styles.nav} aria-label="Main">
			{areas.map((area) => {
				const entries = area.entries.filter((entry) => permissions.includes(entry.permission));
				if (entries.length === 0) return null;
				return (
					<section key={area.name} className={styles.area} aria-labelledby={`area-${area.name}`}>
						<h2 id={`area-${area.name}`}>{area.name}</h2>
						<ul>
							{entries.map(({ href, label, icon: EntryIcon }) => {
								const isHere = path === href || path.startsWith(`${href}/`);
								return (
									<li key={href}>
										<Link
											href={href}
											className={styles.entry}
											aria-current={isHere ? "page" : undefined}
											title={isFolded ? label : undefined}
										>
											<EntryIcon size={18} stroke={1.5} aria-hidden="true" />
											<span className={styles.word}>{label}</span>
											{href === "/approvals" ? <WaitingCount /> : null}
										</Link>
									</li>
								);
							})}
						</ul>
					</section>
				);
			})}
		</nav>
	);
}
