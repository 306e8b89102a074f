"use client";

import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { NamePicker } from "@/components/access/name-picker";
import { useApi } from "@/components/trpc/client";
import type { FoundGrantee } from "@/server/access/contract";
import type { BudgetSubject } from "@/server/budgets/contract";

type Field = { value: string; onChange: (subject: string) => void };

/** Names the person, group, role, key, agent or model. */
export function SubjectField({ kind, ...field }: Field & { kind: BudgetSubject }) {
	switch (kind) {
		case "everybody":
			return null;
		case "user":
		case "group":
		case "role":
			return <Granted kind={kind} {...field} />;
		case "agent":
			return <Agents {...field} />;
		case "model":
			return <Models {...field} />;
		case "key":
			return (
				<TextInput
					label="Id of the key"
					description="It stands in the key's panel, under People & roles or the key's own page."
					maxLength={64}
					value={field.value}
					onChange={(event) => field.onChange(event.currentTarget.value.trim())}
				/>
			);
	}
}

const labels = { user: "Person", group: "Group", role: "Role" } as const;

function Granted({ kind, onChange }: Field & { kind: keyof typeof labels }) {
	const [picked, setPicked] = useState<FoundGrantee | null>(null);
	return (
		<NamePicker
			label={labels[kind]}
			isAll
			value={picked}
			onPick={(found) => {
				const one = found?.kind === kind ? found : null;
				setPicked(one);
				onChange(one?.grantee ?? "");
			}}
		/>
	);
}

function Agents({ value, onChange }: Field) {
	const api = useApi();
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200 }));
	return (
		<Select
			label="Agent"
			searchable
			data={(agents.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name }))}
			value={value || null}
			onChange={(id) => onChange(id ?? "")}
			nothingFoundMessage="No agent by that name"
		/>
	);
}

const noInput = {};

function Models({ value, onChange }: Field) {
	const api = useApi();
	const used = useQuery(api.budgets.usage.queryOptions({ by: "model" }));
	const fixed = useQuery(api.models.fixed.queryOptions(noInput));
	const names = new Map([
		...(used.data?.sums ?? []).map(({ subject, name }) => [subject, name] as const),
		...(fixed.data?.environment?.models ?? []).map(({ key, name }) => [key, name] as const),
	]);
	return (
		<Select
			label="Model"
			searchable
			data={[...names].filter(([key]) => key !== "").map(([key, name]) => ({ value: key, label: name }))}
			value={value || null}
			onChange={(key) => onChange(key ?? "")}
			nothingFoundMessage="No model by that name was asked this month"
		/>
	);
}
