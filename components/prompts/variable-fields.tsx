"use client";

import { useId } from "react";
import { type PromptVariable, variableTypes } from "@/server/prompts/contract/variables";
import styles from "./prompts.module.css";
import { defaultText, readDefault } from "./variables";

const typeWords = { text: "Text", number: "Number", choice: "One of", date: "Date", list: "List" } as const;

/** What a text leaves open: what each variable takes, and what stands for it where nothing is given. */
export function VariableFields(props: {
	variables: readonly PromptVariable[];
	isReadOnly: boolean;
	onChange: (variables: PromptVariable[]) => void;
}) {
	const { variables, isReadOnly, onChange } = props;
	if (variables.length === 0) return null;
	const set = (name: string, change: Partial<PromptVariable>) =>
		onChange(variables.map((one) => (one.name === name ? { ...one, ...change } : one)));
	return (
		<fieldset className={styles.variables} disabled={isReadOnly}>
			<legend>Variables</legend>
			{variables.map((variable) => (
				<VariableField key={variable.name} variable={variable} onChange={(change) => set(variable.name, change)} />
			))}
		</fieldset>
	);
}

function VariableField({
	variable,
	onChange,
}: {
	variable: PromptVariable;
	onChange: (change: Partial<PromptVariable>) => void;
}) {
	const id = useId();
	const { name, type, choices, isRequired, description } = variable;
	return (
		<div className={styles.variable}>
			<code>{`{{${name}}}`}</code>
			<label>
				<span>Takes</span>
				<select
					aria-label={`What ${name} takes`}
					value={type}
					onChange={(event) => {
						const to = variableTypes.find((one) => one === event.target.value) ?? "text";
						onChange({ type: to, default: null });
					}}
				>
					{variableTypes.map((one) => (
						<option key={one} value={one}>
							{typeWords[one]}
						</option>
					))}
				</select>
			</label>
			{type === "choice" ? (
				<label>
					<span>Choices, one a line</span>
					<textarea
						aria-label={`Choices of ${name}`}
						rows={2}
						value={choices.join("\n")}
						onChange={(event) => onChange({ choices: event.target.value.split("\n") })}
						onBlur={() => onChange({ choices: choices.map((one) => one.trim()).filter((one) => one !== "") })}
					/>
				</label>
			) : null}
			<label htmlFor={`${id}-default`}>
				<span>Default</span>
				{type === "list" ? (
					<textarea
						id={`${id}-default`}
						aria-label={`Default of ${name}`}
						rows={2}
						placeholder="One a line"
						value={defaultText(variable)}
						onChange={(event) => onChange({ default: readDefault(variable, event.target.value) })}
					/>
				) : (
					<input
						id={`${id}-default`}
						aria-label={`Default of ${name}`}
						type={type === "date" ? "date" : "text"}
						inputMode={type === "number" ? "decimal" : undefined}
						list={type === "choice" ? id : undefined}
						value={defaultText(variable)}
						onChange={(event) => onChange({ default: readDefault(variable, event.target.value) })}
					/>
				)}
				{type === "choice" ? (
					<datalist id={id}>
						{choices.map((one) => (
							<option key={one} value={one} />
						))}
					</datalist>
				) : null}
			</label>
			<label>
				<span>What it is for</span>
				<input
					aria-label={`What ${name} is for`}
					maxLength={200}
					value={description}
					onChange={(event) => onChange({ description: event.target.value })}
				/>
			</label>
			<label className={styles.check}>
				<input
					type="checkbox"
					checked={isRequired}
					onChange={(event) => onChange({ isRequired: event.target.checked })}
				/>
				<span>Needs a value</span>
			</label>
		</div>
	);
}
