"use client";

import { NativeSelect, NumberInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconX } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { Button, IconButton } from "@/components/ui/button";
import type { AddRoute, ListedModel, StepConditions } from "@/server/models/contract";
import styles from "./models.module.css";

type Steps = AddRoute["steps"];
type Step = Steps[number];

const moved = (steps: Steps, from: number, to: number): Steps => {
	const step = steps[from];
	return step ? steps.toSpliced(from, 1).toSpliced(to, 0, step) : steps;
};

/** The models of a route in their order, which up and down change. */
export function StepsField(props: {
	steps: Steps;
	models: readonly ListedModel[];
	error: ReactNode;
	onChange: (steps: Steps) => void;
}) {
	const { steps, models, onChange } = props;
	const [chosen, setChosen] = useState("");
	const free = models.filter(({ id }) => steps.every(({ modelId }) => modelId !== id));
	const next = free.some(({ id }) => id === chosen) ? chosen : (free[0]?.id ?? "");
	const nameOf = (id: string) => models.find((model) => model.id === id);
	return (
		<fieldset className={styles.choices}>
			<legend>Models, in the order in which they are asked</legend>
			<div className={styles.stack}>
				{steps.length > 0 ? (
					<ol className={styles.steps}>
						{steps.map((step, at) => (
							<StepItem
								key={step.modelId}
								step={step}
								model={nameOf(step.modelId)}
								isFirst={at === 0}
								isLast={at === steps.length - 1}
								onMove={(by) => onChange(moved(steps, at, at + by))}
								onRemove={() => onChange(steps.toSpliced(at, 1))}
								onChange={(conditions) => onChange(steps.with(at, { ...step, conditions }))}
							/>
						))}
					</ol>
				) : null}
				{models.length === 0 ? (
					<p className={styles.hint}>There are no models yet: add some to a connection first.</p>
				) : free.length === 0 ? null : (
					<div className={styles.adder}>
						<NativeSelect
							label="Another model"
							data={free.map(({ id, name, connection }) => ({ value: id, label: `${name} (${connection})` }))}
							value={next}
							onChange={(event) => setChosen(event.currentTarget.value)}
						/>
						<Button icon={IconPlus} onClick={() => onChange([...steps, { modelId: next, conditions: {} }])}>
							Add
						</Button>
					</div>
				)}
				{props.error ? <p className={styles.bad}>{props.error}</p> : null}
			</div>
		</fieldset>
	);
}

function StepItem(props: {
	step: Step;
	model: ListedModel | undefined;
	isFirst: boolean;
	isLast: boolean;
	onMove: (by: -1 | 1) => void;
	onRemove: () => void;
	onChange: (conditions: StepConditions) => void;
}) {
	const { step, model } = props;
	const name = model?.name ?? "model";
	const { conditions } = step;
	const set = (change: { [Key in keyof StepConditions]: StepConditions[Key] | undefined }) =>
		props.onChange(JSON.parse(JSON.stringify({ ...conditions, ...change })));
	const count = (value: number | string) => (value === "" ? undefined : Number(value));
	const isSet = Object.keys(conditions).length > 0;
	return (
		<li className={styles.step}>
			<div className={styles.stepHead}>
				<code>{name}</code>
				<span className={styles.hint}>{model ? `of ${model.connection}` : ""}</span>
				<span className={styles.push}>
					<IconButton
						icon={IconArrowUp}
						label={`Ask ${name} earlier`}
						size="small"
						disabled={props.isFirst}
						onClick={() => props.onMove(-1)}
					/>
					<IconButton
						icon={IconArrowDown}
						label={`Ask ${name} later`}
						size="small"
						disabled={props.isLast}
						onClick={() => props.onMove(1)}
					/>
					<IconButton icon={IconX} label={`Take ${name} out`} size="small" onClick={props.onRemove} />
				</span>
			</div>
			<details open={isSet || undefined}>
				<summary className={styles.hint}>Conditions</summary>
				<div className={styles.pair}>
					<NativeSelect
						label="For"
						data={[
							{ value: "", label: "Everything" },
							{ value: "text", label: "What has no pictures" },
							{ value: "image", label: "What has pictures" },
						]}
						value={conditions.modality ?? ""}
						onChange={(event) => {
							const { value } = event.currentTarget;
							set({ modality: value === "text" || value === "image" ? value : undefined });
						}}
					/>
					<NumberInput
						label="From so many tokens on"
						min={1}
						allowDecimal={false}
						thousandSeparator=","
						value={conditions.leastTokens ?? ""}
						onChange={(value) => set({ leastTokens: count(value) })}
					/>
					<NumberInput
						label="Most money an answer"
						min={0}
						decimalScale={6}
						value={conditions.mostMicros === undefined ? "" : conditions.mostMicros / 1_000_000}
						onChange={(value) => set({ mostMicros: value === "" ? undefined : Math.round(Number(value) * 1_000_000) })}
					/>
					<NumberInput
						label="Most failures lately"
						min={0}
						max={100}
						suffix=" %"
						allowDecimal={false}
						value={conditions.mostFailurePercent ?? ""}
						onChange={(value) => set({ mostFailurePercent: count(value) })}
					/>
				</div>
			</details>
		</li>
	);
}
