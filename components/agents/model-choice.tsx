"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";

const noInput = {};

/** Which of the installation's models an agent asks. With none to choose from there is nothing to ask. */
export function ModelChoice({ value, onChange }: { value: string | null; onChange: (model: string | null) => void }) {
	const api = useApi();
	const models = useQuery(api.agents.models.queryOptions(noInput)).data?.models ?? [];
	if (models.length < 2 && value === null) return null;
	const [first] = models;
	const gone = value !== null && !models.includes(value) ? [{ value, label: `${value} (not here any more)` }] : [];
	return (
		<NativeSelect
			label="Model"
			value={value ?? ""}
			onChange={(event) => onChange(event.currentTarget.value || null)}
			data={[
				{ value: "", label: first ? `The installation’s first (${first})` : "The built-in one" },
				...models.map((name) => ({ value: name, label: name })),
				...gone,
			]}
		/>
	);
}
