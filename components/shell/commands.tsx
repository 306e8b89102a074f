"use client";

import "@mantine/spotlight/styles.layer.css";
import { Spotlight, type SpotlightActionGroupData, spotlight } from "@mantine/spotlight";
import {
	IconBook2,
	IconLogout,
	IconMessageCircle,
	IconPencilPlus,
	IconPlus,
	IconSearch,
	IconUserCircle,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { tabs } from "@/components/account/tabs";
import { useApi } from "@/components/trpc/client";
import { setColourScheme } from "@/components/ui/colour-scheme";
import { Theme } from "@/components/ui/theme";
import type { Permission } from "@/server/core/permissions";
import { leave, schemes } from "./account-panel";
import { areas } from "./areas";
import styles from "./commands.module.css";
import { useMe } from "./me";

const icon = { size: 18, stroke: 1.5 };

/** Pages, things to do, one's collections and newest chats, found by typing. */
export default function Commands({ asked }: { asked: number }) {
	// biome-ignore lint/correctness/useExhaustiveDependencies: each time it is asked for, it opens
	useEffect(() => spotlight.open(), [asked]);
	return (
		<Theme>
			<Spotlight
				actions={useActions()}
				shortcut={null}
				scrollable
				maxHeight={420}
				nothingFound="Nothing by that name"
				classNames={styles}
				overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
				searchProps={{
					leftSection: <IconSearch {...icon} />,
					placeholder: "Search pages, collections, chats, commands…",
					"aria-label": "Search and commands",
				}}
			/>
		</Theme>
	);
}

function useActions(): SpotlightActionGroupData[] {
	const router = useRouter();
	const me = useMe();
	const trpc = useApi();
	const may = (permission: Permission) => me.permissions.includes(permission);
	const threads = useQuery({ ...trpc.threads.list.queryOptions({ limit: 8 }), enabled: may("threads:read") });
	const collections = useQuery({
		...trpc.knowledge.listCollections.queryOptions({ limit: 50 }),
		enabled: may("knowledge:read"),
	});
	const go = (href: string) => () => router.push(href);
	const groups: SpotlightActionGroupData[] = [
		{
			group: "Do",
			actions: [
				...(may("runs:write")
					? [{ id: "new-chat", label: "New chat", leftSection: <IconPencilPlus {...icon} />, onClick: go("/chat") }]
					: []),
				...(may("knowledge:write")
					? [
							{
								id: "new-collection",
								label: "New collection",
								leftSection: <IconPlus {...icon} />,
								onClick: go("/knowledge?new=1"),
							},
						]
					: []),
				...schemes.map(({ value, label, icon: SchemeIcon }) => ({
					id: `scheme-${value}`,
					label: `Colours: ${label.toLowerCase()}`,
					leftSection: <SchemeIcon {...icon} />,
					onClick: () => setColourScheme(value),
				})),
				{ id: "leave", label: "Sign out", leftSection: <IconLogout {...icon} />, onClick: () => void leave() },
			],
		},
		{
			group: "Chats",
			actions: (threads.data?.rows ?? []).map((thread) => ({
				id: thread.id,
				label: thread.title,
				leftSection: <IconMessageCircle {...icon} />,
				onClick: go(`/chat/${thread.id}`),
			})),
		},
		{
			group: "Collections",
			actions: (collections.data?.rows ?? []).map((collection) => ({
				id: collection.id,
				label: collection.name,
				leftSection: <IconBook2 {...icon} />,
				onClick: go(`/knowledge/${collection.id}`),
			})),
		},
	];
	const pages = {
		group: "Pages",
		actions: [
			...areas.flatMap((area) => area.entries.map((entry) => ({ ...entry, area: area.name }))),
			...tabs.map((tab) => ({ ...tab, icon: IconUserCircle, area: "Your account" })),
		]
			.filter((entry) => may(entry.permission))
			.map(({ href, label, icon: EntryIcon, area }) => ({
				id: href,
				label,
				description: area,
				leftSection: <EntryIcon {...icon} />,
				onClick: go(href),
			})),
	};
	return [pages, ...groups].filter((group) => group.actions.length > 0);
}
