"use client";

import { NativeSelect, Textarea, TextInput } from "@mantine/core";
import type { PromptVariable, VariableValues } from "@/server/prompts/contract";
import { builtIns, isBuiltIn } from "@/server/prompts/contract/filled";
import { typedValue } from "@/server/prompts/contract/variables";
import styles from "./agents.module.css";

type Props = { variables: PromptVariable[]; values: VariableValues; onChange: (values: VariableValues) => void };

/** What stands for the variables of an agent's prompt; what is left empty has the prompt's default, or is known by itself. */
export function PromptValues({ variables, values, onChange }: Props) {
	// A value that the chosen text has no use for is shown too, so that it can be taken out.
	const known = new Set(variables.map(({ name }) => name));
	const others = Object.keys(values)
		.filter((name) => !known.has(name))
		.map((name): PromptVariable => ({ ...plain, name, description: "This text does not use it: leave it empty." }));
	const all = [...variables, ...others];
	if (all.length === 0) return null;
	const set = (variable: PromptVariable, text: string) => {
		const { [variable.name]: _, ...rest } = values;
		onChange(text === "" ? rest : { ...rest, [variable.name]: typedValue(variable, text) });
	};
	return (
		<fieldset className={styles.caps}>
			<legend>What stands for its variables</legend>
			<div className={styles.stack}>
				{all.map((variable) => (
					<OneValue key={variable.name} variable={variable} value={values[variable.name]} onChange={set} />
				))}
			</div>
		</fieldset>
	);
}

const plain = { type: "text", isRequired: false, default: null, choices: [], description: "" } as const satisfies Omit<
	PromptVariable,
	"name"
>;

function OneValue(props: {
	variable: PromptVariable;
	value: VariableValues[string] | undefined;
	onChange: (variable: PromptVariable, text: string) => void;
}) {
	const { variable, value } = props;
	const { name, type, choices, description } = variable;
	const own = variable.default;
	const byItself = own === null && isBuiltIn(name) ? builtIns[name] : null;
	const field = {
		label: name,
		description: description || (byItself ? `Left empty: ${byItself}` : undefined),
		value: [value ?? ""].flat().join("\n"),
	};
	const placeholder = own === null ? (byItself ? "Known by itself" : undefined) : [own].flat().join(", ");
	switch (type) {
		case "choice":
			return (
				<NativeSelect
					{...field}
					data={[{ value: "", label: placeholder ?? "–" }, ...choices]}
					onChange={(event) => props.onChange(variable, event.currentTarget.value)}
				/>
			);
		case "list":
			return (
				<Textarea
					{...field}
					description={field.description ?? "One a line."}
					placeholder={placeholder}
					autosize
					minRows={2}
					maxRows={8}
					onChange={(event) => props.onChange(variable, event.currentTarget.value)}
				/>
			);
		case "text":
		case "number":
		case "date":
			return (
				<TextInput
					{...field}
					type={type === "date" ? "date" : "text"}
					inputMode={type === "number" ? "decimal" : undefined}
					placeholder={placeholder}
					maxLength={10_000}
					onChange={(event) => props.onChange(variable, event.currentTarget.value)}
				/>
			);
	}
}
