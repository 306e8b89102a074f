"use client";

import { NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { WhenAway } from "@/server/agents/contract";
import { whenAwayWords } from "./facts";

const noInput = {};

type Chosen = { model: string | null; whenAway: WhenAway };

/** Which route an agent asks, and what it does where no model answers. With nothing to choose from there is nothing to ask. */
export function ModelChoice({ model, whenAway, onChange }: Chosen & { onChange: (chosen: Partial<Chosen>) => void }) {
	const api = useApi();
	const { models = [], routes = [], first = null } = useQuery(api.agents.models.queryOptions(noInput)).data ?? {};
	const isGone = model !== null && !models.includes(model);
	const others = models.filter((name) => !routes.includes(name));
	return (
		<>
			{models.length > 0 || model !== null ? (
				<NativeSelect
					label="Model"
					description="A route asks its models in order until one answers."
					value={model ?? ""}
					onChange={(event) => onChange({ model: event.currentTarget.value || null })}
					data={[
						{ value: "", label: first ? `The default (${first})` : "The built-in one" },
						...(routes.length > 0 ? [{ group: "Routes", items: routes }] : []),
						...(others.length > 0 ? [{ group: "Set by the environment", items: others }] : []),
						...(isGone && model !== null ? [{ value: model, label: `${model} (not here any more)` }] : []),
					]}
				/>
			) : null}
			<NativeSelect
				label="Where no model answers"
				value={whenAway}
				onChange={(event) => onChange({ whenAway: WhenAway.parse(event.currentTarget.value) })}
				data={WhenAway.options.map((value) => ({ value, label: whenAwayWords[value] }))}
			/>
		</>
	);
}
