import { Link } from "@/components/ui/link";
import styles from "./knowledge.module.css";

const tabs = [
	{ path: "", label: "Documents" },
	{ path: "/sources", label: "Sources" },
	{ path: "/health", label: "Health" },
] as const;

/** The pages of one collection, for whoever manages it. */
export function CollectionTabs({ collectionId, at }: { collectionId: string; at: (typeof tabs)[number]["path"] }) {
	return (
		<nav aria-label="Collection" className={styles.tabs}>
			{tabs.map(({ path, label }) => (
				<Link
					key={path}
					href={`/knowledge/${collectionId}${path}`}
					className={styles.tab}
					aria-current={path === at ? "page" : undefined}
				>
					{label}
				</Link>
			))}
		</nav>
	);
}
