"use client";

import { IconDeviceFloppy, IconPlayerPlay, IconPlayerStop, IconX } from "@tabler/icons-react";
import { variablesFor } from "@/components/prompts/variables";
import { Button, IconButton } from "@/components/ui/button";
import type { Bench, BenchWindow } from "@/server/playground/contract";
import { longestBody } from "@/server/prompts/contract";
import styles from "./playground.module.css";
import { TrialAnswer } from "./trial-answer";
import type { Answer } from "./use-trials";
import { WindowSource } from "./window-source";

const number = (text: string, { least, most }: { least: number; most: number }): number | null => {
	const value = Number(text);
	return text.trim() === "" || !Number.isFinite(value) ? null : Math.min(most, Math.max(least, value));
};

/** One text with its model and parameters, and what came of it. */
export function TrialWindow(props: {
	title: string;
	window: BenchWindow;
	models: readonly string[];
	/** What is asked where none is chosen. */
	first: string | null;
	answer: Answer | undefined;
	onChange: (change: Partial<BenchWindow>) => void;
	onBench: (change: (bench: Bench) => Bench) => void;
	onRun: () => void;
	onStop: () => void;
	onSave: () => void;
	onRemove: (() => void) | undefined;
}) {
	const { title, window: one, models, answer, onChange } = props;
	const { fault } = variablesFor([one.text], []);
	const isEmpty = one.text.trim() === "";
	return (
		<section className={styles.window} aria-label={title}>
			<header className={styles.windowHead}>
				<h2>{title}</h2>
				{props.onRemove ? (
					<IconButton icon={IconX} size="small" label={`Close ${title}`} onClick={props.onRemove} />
				) : null}
			</header>
			<WindowSource title={title} window={one} onBench={props.onBench} />
			<label className={styles.field}>
				<span>Text</span>
				<textarea
					className={styles.textField}
					rows={8}
					maxLength={longestBody}
					placeholder="What the model is told. {{name}} is a variable."
					value={one.text}
					onChange={(event) => onChange({ text: event.target.value })}
				/>
			</label>
			{fault ? <p className={styles.fault}>{fault}</p> : null}
			<div className={styles.parameters}>
				<label className={styles.field}>
					<span>Model</span>
					<select value={one.model ?? ""} onChange={(event) => onChange({ model: event.target.value || null })}>
						<option value="">{props.first ? `The default (${props.first})` : "None"}</option>
						{[...new Set([...models, ...(one.model ? [one.model] : [])])].map((name) => (
							<option key={name} value={name}>
								{name}
							</option>
						))}
					</select>
				</label>
				<label className={styles.field}>
					<span>Temperature</span>
					<input
						type="number"
						min={0}
						max={2}
						step={0.1}
						placeholder="as it is"
						value={one.temperature ?? ""}
						onChange={(event) => onChange({ temperature: number(event.target.value, { least: 0, most: 2 }) })}
					/>
				</label>
				<label className={styles.field}>
					<span>Tokens at most</span>
					<input
						type="number"
						min={1}
						max={4096}
						step={1}
						placeholder="4096"
						value={one.maxTokens ?? ""}
						onChange={(event) => {
							const most = number(event.target.value, { least: 1, most: 4096 });
							onChange({ maxTokens: most === null ? null : Math.round(most) });
						}}
					/>
				</label>
			</div>
			<div className={styles.acts}>
				{answer?.isRunning ? (
					<Button icon={IconPlayerStop} onClick={props.onStop}>
						Stop
					</Button>
				) : (
					<Button icon={IconPlayerPlay} disabled={isEmpty || fault !== null} onClick={props.onRun}>
						Run
					</Button>
				)}
				<Button icon={IconDeviceFloppy} disabled={isEmpty || fault !== null} onClick={props.onSave}>
					Save as a version
				</Button>
			</div>
			{answer ? <TrialAnswer title={title} answer={answer} /> : null}
		</section>
	);
}
