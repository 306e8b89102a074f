import { parseTemplate, TemplateFault, variablesIn } from "@/server/prompts/contract/template";
import { type PromptVariable, typedValue } from "@/server/prompts/contract/variables";

/** What a default looks like in a field. */
export const defaultText = ({ default: value }: PromptVariable): string =>
	value === null ? "" : Array.isArray(value) ? value.join("\n") : String(value);

export const readDefault = (variable: PromptVariable, text: string): PromptVariable["default"] =>
	text === "" ? null : variable.type === "list" ? text.split("\n") : typedValue(variable, text);

const fresh = (name: string): PromptVariable => ({
	...{ name, type: "text", isRequired: true, default: null, choices: [], description: "" },
});

/** The variables of these texts: those that are declared stay as they are, new ones take a text. And why a text can't be read. */
export function variablesFor(
	texts: readonly string[],
	declared: readonly PromptVariable[],
): { variables: PromptVariable[]; fault: string | null } {
	let fault: string | null = null;
	const names = texts.flatMap((text) => {
		try {
			return variablesIn(parseTemplate(text));
		} catch (error) {
			if (!(error instanceof TemplateFault)) throw error;
			fault ??= error.message;
			return [];
		}
	});
	const variables = [...new Set(names)].map((name) => declared.find((one) => one.name === name) ?? fresh(name));
	// What can't be read for now is about to be written on: nothing that was said of its variables is lost by it.
	return { variables: fault ? merged(variables, declared) : variables, fault };
}

const merged = (found: PromptVariable[], declared: readonly PromptVariable[]): PromptVariable[] => [
	...found,
	...declared.filter(({ name }) => found.every((one) => one.name !== name)),
];

/** A variable in a line, for where two versions are compared. */
export const variableLine = (variable: PromptVariable): string =>
	[
		`${variable.name}: ${variable.type}`,
		variable.type === "choice" ? `of ${variable.choices.join(", ")}` : "",
		variable.default === null
			? variable.isRequired
				? "needs a value"
				: "may stay empty"
			: `default ${defaultText(variable).replaceAll("\n", ", ")}`,
		variable.description,
	]
		.filter((one) => one !== "")
		.join(" · ");

/** As they are saved: without what was left over from typing. */
export const cleaned = (variables: readonly PromptVariable[]): PromptVariable[] =>
	variables.map((one) => ({
		...one,
		choices: one.type === "choice" ? one.choices.map((choice) => choice.trim()).filter((choice) => choice !== "") : [],
		default: Array.isArray(one.default) ? one.default.filter((line) => line.trim() !== "") : one.default,
	}));

export const isSameVariables = (one: readonly PromptVariable[], other: readonly PromptVariable[]): boolean =>
	JSON.stringify(cleaned(one)) === JSON.stringify(cleaned(other));
