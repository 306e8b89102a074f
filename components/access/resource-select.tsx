"use client";

import { Autocomplete } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { z } from "zod";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import type { ResourceKind } from "@/server/access/contract";

const Id = z.uuid();
const page = { limit: 200 };

/** One of what the asker may read, by its name; or any, by its id. */
export function ResourceSelect(props: {
	label: string;
	any: string;
	kind: ResourceKind;
	value: string | null;
	onChange: (id: string | null) => void;
}) {
	const { kind, value } = props;
	const api = useApi();
	const mayRead = {
		collection: useMay("knowledge:read"),
		agent: useMay("agents:read"),
		prompt: useMay("prompts:read"),
		mcpServer: useMay("mcp-servers:manage"),
	};
	const collections = useQuery({
		...api.knowledge.listCollections.queryOptions(page),
		enabled: kind === "collection" && mayRead.collection,
	});
	const agents = useQuery({ ...api.agents.list.queryOptions(page), enabled: kind === "agent" && mayRead.agent });
	const prompts = useQuery({ ...api.prompts.list.queryOptions(page), enabled: kind === "prompt" && mayRead.prompt });
	const mcpServers = useQuery({
		...api.remotes.list.queryOptions(page),
		enabled: kind === "mcpServer" && mayRead.mcpServer,
	});
	const rows: { id: string; name: string }[] =
		{ collection: collections, agent: agents, prompt: prompts, mcpServer: mcpServers }[kind].data?.rows ?? [];
	const known = rows.find(({ id }) => id === value);
	const [typed, setTyped] = useState<string | null>(null);
	const settle = (text: string) => {
		setTyped(text);
		const found = rows.find(({ id, name }) => name === text || id === text.trim());
		if (found) props.onChange(found.id);
		else if (Id.safeParse(text.trim()).success) props.onChange(text.trim());
		else if (text === "") props.onChange(null);
	};
	return (
		<Autocomplete
			label={props.label}
			size="sm"
			placeholder={`${props.any}; or a name, or an id`}
			value={typed ?? known?.name ?? value ?? ""}
			onChange={settle}
			data={[...new Set(rows.map(({ name }) => name))]}
			maxDropdownHeight={260}
			clearable
			clearButtonProps={{ "aria-label": "Clear" }}
		/>
	);
}
