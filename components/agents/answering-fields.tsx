"use client";

import { Checkbox, NumberInput } from "@mantine/core";
import { Button } from "@/components/ui/button";
import { percent } from "@/components/ui/figures";
import type { AgentAnswering } from "@/server/agents/contract";
import styles from "./agents.module.css";

/** How sure it has to be of an answer, and whether one is given again. What is left empty is off. */
export function AnsweringFields(props: { answering: AgentAnswering; onChange: (answering: AgentAnswering) => void }) {
	const { answering, onChange } = props;
	const { leastConfidence, cacheMinutes, cacheSimilar, calibration } = answering;
	const setSure = (value: number | string) => {
		const { leastConfidence: _, ...others } = answering;
		onChange(typeof value === "number" ? { ...others, leastConfidence: value / 100 } : others);
	};
	const setMinutes = (value: number | string) => {
		const { cacheMinutes: _, cacheSimilar: __, ...others } = answering;
		const similar = cacheSimilar ? { cacheSimilar } : {};
		onChange(typeof value === "number" ? { ...others, cacheMinutes: value, ...similar } : others);
	};
	return (
		<fieldset className={styles.caps}>
			<legend>How it answers</legend>
			<div className={styles.capPair}>
				<NumberInput
					label="Least confidence"
					description="Below it, it says that it has no sure answer."
					min={0}
					max={100}
					suffix=" %"
					allowDecimal={false}
					placeholder="Always answers"
					value={leastConfidence === undefined ? "" : Math.round(leastConfidence * 100)}
					onChange={setSure}
				/>
				<NumberInput
					label="Give answers again"
					description="For so many minutes, to who may read the same documents."
					min={1}
					max={43_200}
					allowDecimal={false}
					thousandSeparator=","
					placeholder="Never"
					value={cacheMinutes ?? ""}
					onChange={setMinutes}
				/>
			</div>
			{cacheMinutes === undefined ? null : (
				<Checkbox
					label="Also where only the wording differs"
					description="Numbers, names, and words that turn a question round have to be the same."
					checked={cacheSimilar ?? false}
					onChange={(event) => {
						const { cacheSimilar: _, ...others } = answering;
						onChange(event.currentTarget.checked ? { ...others, cacheSimilar: true } : others);
					}}
				/>
			)}
			{calibration ? (
				<p>
					Confidence is calibrated on {calibration.answers} answers: off by {percent(calibration.errorBefore)} before,
					by {percent(calibration.errorAfter)} since.{" "}
					<Button
						size="small"
						onClick={() => {
							const { calibration: _, ...others } = answering;
							onChange(others);
						}}
					>
						Remove it
					</Button>
				</p>
			) : null}
		</fieldset>
	);
}
