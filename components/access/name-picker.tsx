"use client";

import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import type { FoundGrantee } from "@/server/access/contract";

/** Finds people by name or e-mail; with `isAll` groups, roles and everyone too. */
export function NamePicker(props: {
	label: string;
	isAll?: boolean;
	value: FoundGrantee | null;
	onPick: (found: FoundGrantee | null) => void;
	/** Those that are in already. */
	without?: readonly string[];
}) {
	const api = useApi();
	const [typed, setTyped] = useState("");
	const [text] = useDebouncedValue(typed === props.value?.name ? "" : typed.trim(), 200);
	const all = useQuery({ ...api.access.findGrantees.queryOptions({ text }), enabled: props.isAll === true });
	const people = useQuery({ ...api.access.findPeople.queryOptions({ text }), enabled: !props.isAll });
	const found = (props.isAll ? all : people).data?.rows ?? [];
	const known = props.value && !found.some(({ grantee }) => grantee === props.value?.grantee) ? [props.value] : [];
	const rows = [...known, ...found].filter(({ grantee }) => !props.without?.includes(grantee));
	const byId = new Map(rows.map((row) => [row.grantee as string, row]));
	return (
		<Select
			label={props.label}
			size="sm"
			searchable
			placeholder={props.isAll ? "A name, a group, a role" : "A name or an e-mail address"}
			searchValue={typed}
			onSearchChange={setTyped}
			filter={({ options }) => options}
			data={rows.map(({ grantee, name }) => ({ value: grantee, label: name }))}
			value={props.value?.grantee ?? null}
			onChange={(id) => props.onPick(id ? (byId.get(id) ?? null) : null)}
			nothingFoundMessage="Nobody by that name"
			maxDropdownHeight={260}
			renderOption={({ option }) => {
				const row = byId.get(option.value);
				return (
					<span style={{ minWidth: 0, overflowWrap: "anywhere" }}>
						{option.label}
						<small style={{ display: "block", color: "var(--qd-dim)" }}>
							{row?.kind === "user" ? row.detail : [row?.kind, row?.detail].filter(Boolean).join(" · ")}
						</small>
					</span>
				);
			}}
		/>
	);
}
