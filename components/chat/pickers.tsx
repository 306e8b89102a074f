"use client";

import { IconBook2, IconRobot } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type Ref, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { counted } from "@/components/ui/figures";
import { Picker, type PickerHandle } from "./picker";

type Common = { onClose: () => void; onGiveBack: (typed: string) => void; ref?: Ref<PickerHandle> };

/** Who answers. Left alone, the thread's agent goes on, or the default one begins. */
export function AgentPicker({
	current,
	chosenId,
	onChoose,
	...common
}: Common & { current: string | null; chosenId: string | null; onChoose: (id: string | null) => void }) {
	const api = useApi();
	const [isWanted, setWanted] = useState(false);
	const agents = useQuery({ ...api.agents.list.queryOptions({ limit: 200 }), enabled: isWanted || chosenId !== null });
	// One that extracts is not asked in a chat.
	const rows = (agents.data?.rows ?? []).filter(({ graph }) => graph !== "extract");
	const chosen = rows.find((agent) => agent.id === chosenId);
	return (
		<Picker
			{...common}
			label="Agent"
			shown={chosen?.name ?? current ?? "Assistant"}
			icon={IconRobot}
			options={rows.map(({ id, name, isDefault }) => ({ id, label: name, detail: isDefault ? "default" : "" }))}
			chosenIds={chosenId ? [chosenId] : []}
			isMany={false}
			emptyText="No agents yet"
			onToggle={(id) => onChoose(id === chosenId ? null : id)}
			onOpen={() => setWanted(true)}
		/>
	);
}

/** Where to look. None chosen means all that the agent and the asking person may read. */
export function CollectionPicker({
	chosenIds,
	onChoose,
	...common
}: Common & { chosenIds: string[]; onChoose: (ids: string[]) => void }) {
	const api = useApi();
	const [isWanted, setWanted] = useState(false);
	const collections = useQuery({
		...api.knowledge.listCollections.queryOptions({ limit: 200 }),
		enabled: isWanted || chosenIds.length > 0,
	});
	const rows = collections.data?.rows ?? [];
	const first = rows.find((collection) => collection.id === chosenIds[0]);
	const shown =
		chosenIds.length === 0
			? "All collections"
			: chosenIds.length === 1 && first
				? first.name
				: counted(chosenIds.length, "collection");
	return (
		<Picker
			{...common}
			label="Collections"
			shown={shown}
			icon={IconBook2}
			options={rows.map(({ id, name, readyCount }) => ({ id, label: name, detail: counted(readyCount, "document") }))}
			chosenIds={chosenIds}
			isMany
			emptyText="No collections yet"
			onToggle={(id) => onChoose(chosenIds.includes(id) ? chosenIds.filter((one) => one !== id) : [...chosenIds, id])}
			onOpen={() => setWanted(true)}
		/>
	);
}
