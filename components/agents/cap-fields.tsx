"use client";

import { NumberInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "@/components/trpc/client";
import { type Agent, type GraphName, leastResearchSteps } from "@/server/agents/contract";
import styles from "./agents.module.css";
import { capNames, capWords } from "./facts";

const least = { steps: 4, depth: 1, tokens: 100, cost: 0, minutes: 1 };

/** Most that one run of the agent may take; what is left empty is what the installation allows. */
export function CapFields(props: { graph: GraphName; caps: Agent["caps"]; onChange: (caps: Agent["caps"]) => void }) {
	const { graph, caps, onChange } = props;
	const api = useApi();
	const most = useQuery(api.agents.caps.queryOptions({ graph })).data;
	return (
		<fieldset className={styles.caps}>
			<legend>Most that one run may take</legend>
			<div className={styles.capPair}>
				{capNames
					.filter((name) => name !== "depth" || graph === "research")
					.map((name) => (
						<NumberInput
							key={name}
							label={capWords[name]}
							min={name === "steps" && graph === "research" ? leastResearchSteps : least[name]}
							max={most?.[name]}
							allowDecimal={name === "cost"}
							thousandSeparator=","
							placeholder={most ? most[name].toLocaleString("en") : undefined}
							value={caps[name] ?? ""}
							onChange={(value) => {
								const { [name]: _, ...others } = caps;
								onChange(typeof value === "number" ? { ...others, [name]: value } : others);
							}}
						/>
					))}
			</div>
		</fieldset>
	);
}
