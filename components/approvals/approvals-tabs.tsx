"use client";

import { usePathname } from "next/navigation";
import accessStyles from "@/components/access/access.module.css";
import { useMay } from "@/components/shell/me";
import { Link } from "@/components/ui/link";

const tabs = [
	{ href: "/approvals", label: "Calls" },
	{ href: "/approvals/rules", label: "Who approves" },
];

/** What waits, and the rules by which it does; rules are for those who decide. */
export function ApprovalsTabs() {
	const path = usePathname();
	if (!useMay("approvals:decide")) return null;
	return (
		<nav aria-label="Approvals" className={accessStyles.tabs}>
			{tabs.map(({ href, label }) => (
				<Link key={href} href={href} className={accessStyles.tab} aria-current={path === href ? "page" : undefined}>
					{label}
				</Link>
			))}
		</nav>
	);
}
