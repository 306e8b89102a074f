"use client";

import { IconTrash } from "@tabler/icons-react";
import { useId } from "react";
import { Button } from "@/components/ui/button";
import { counted } from "@/components/ui/figures";
import type { Bench } from "@/server/playground/contract";
import type { PromptVariable } from "@/server/prompts/contract";
import styles from "./playground.module.css";

/** What all windows are asked with: the question, what stands for the variables, and passages to answer from. */
export function BenchFields({ bench, onChange }: { bench: Bench; onChange: (change: Partial<Bench>) => void }) {
	const { variables, values, question, passages } = bench;
	return (
		<section className={styles.shared} aria-label="Shared by all windows">
			<label className={styles.field}>
				<span>Question</span>
				<textarea
					rows={2}
					maxLength={20_000}
					placeholder="What is asked. Left empty, the text itself is what the model is asked."
					value={question}
					onChange={(event) => onChange({ question: event.target.value })}
				/>
			</label>
			{variables.length > 0 ? (
				<div className={styles.values}>
					{variables.map((variable) => (
						<ValueField
							key={variable.name}
							variable={variable}
							value={values[variable.name] ?? ""}
							onChange={(value) => onChange({ values: { ...values, [variable.name]: value } })}
						/>
					))}
				</div>
			) : null}
			{passages.length > 0 ? (
				<details className={styles.passages}>
					<summary>{counted(passages.length, "passage")} to answer from</summary>
					<ol>
						{passages.map((passage, at) => (
							// biome-ignore lint/suspicious/noArrayIndexKey: two passages can be alike
							<li key={at}>
								<strong>{passage.name}</strong> {passage.text}
							</li>
						))}
					</ol>
					<Button size="small" icon={IconTrash} onClick={() => onChange({ passages: [] })}>
						Leave them out
					</Button>
				</details>
			) : null}
		</section>
	);
}

function ValueField(props: { variable: PromptVariable; value: string; onChange: (value: string) => void }) {
	const { name, type, choices, isRequired, default: fallback, description } = props.variable;
	const placeholder =
		fallback === null
			? isRequired
				? "Needs a value"
				: "May stay empty"
			: Array.isArray(fallback)
				? fallback.join(", ")
				: String(fallback);
	const id = useId();
	const field = {
		id,
		value: props.value,
		placeholder,
		title: description || undefined,
		onChange: (event: { target: { value: string } }) => props.onChange(event.target.value),
	};
	return (
		<label className={styles.field} htmlFor={id}>
			<span>{name}</span>
			{type === "choice" ? (
				<select id={id} value={props.value} onChange={field.onChange} title={field.title}>
					<option value="">{placeholder}</option>
					{choices.map((one) => (
						<option key={one} value={one}>
							{one}
						</option>
					))}
				</select>
			) : type === "list" || type === "text" ? (
				<textarea rows={1} maxLength={10_000} {...field} />
			) : (
				<input
					type={type === "date" ? "date" : "text"}
					inputMode={type === "number" ? "decimal" : undefined}
					{...field}
				/>
			)}
		</label>
	);
}
