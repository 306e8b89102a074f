"use client";

import { NumberInput } from "@mantine/core";
import { type Agent, defaultShares } from "@/server/agents/contract";
import styles from "./agents.module.css";
import { windowNames, windowWords } from "./facts";

/** How its runs share out the model's window; what is left empty is as usual. */
export function WindowFields(props: { window: Agent["window"]; onChange: (window: Agent["window"]) => void }) {
	const { window, onChange } = props;
	return (
		<fieldset className={styles.caps}>
			<legend>How it shares out the model’s window</legend>
			<div className={styles.capPair}>
				{windowNames.map((name) => (
					<NumberInput
						key={name}
						label={windowWords[name]}
						min={name === "tokens" ? 2_000 : 1}
						max={name === "tokens" ? 2_000_000 : 100}
						allowDecimal={false}
						thousandSeparator=","
						placeholder={name === "tokens" ? "The model’s context" : `${defaultShares[name]}`}
						value={window[name] ?? ""}
						onChange={(value) => {
							const { [name]: _, ...others } = window;
							onChange(typeof value === "number" ? { ...others, [name]: value } : others);
						}}
					/>
				))}
			</div>
		</fieldset>
	);
}
