import { Tabs } from "@/components/ui/tabs";

const tabs = [
	{ path: "", label: "Documents" },
	{ path: "/sources", label: "Sources" },
	{ path: "/health", label: "Health" },
] as const;

/** The pages of one collection, for whoever manages it. */
export function CollectionTabs({ collectionId, at }: { collectionId: string; at: (typeof tabs)[number]["path"] }) {
	const home = `/knowledge/${collectionId}`;
	return (
		<Tabs
			label="Collection"
			tabs={tabs.map(({ path, label }) => ({ href: `${home}${path}`, label }))}
			at={`${home}${at}`}
		/>
	);
}
