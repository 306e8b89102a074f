import { z } from "zod";
import { variableName } from "./template";

export const variableTypes = ["text", "number", "choice", "date", "list"] as const;

const longestText = 10_000;
export const VariableValue = z
	.union([z.string().max(longestText), z.number(), z.array(z.string().max(500)).max(100)])
	.describe("What stands for it: a text, a number, a date as 2026-11-26, or a list of texts.");
export type VariableValue = z.infer<typeof VariableValue>;
export const VariableName = z
	.string()
	.regex(variableName, "A variable begins with a small letter and has letters, digits and _.");
export const VariableValues = z
	.record(VariableName, VariableValue)
	.refine((values) => Object.keys(values).length <= 50, "At most 50 values.")
	.describe("What stands for the variables, by their names.");
export type VariableValues = z.infer<typeof VariableValues>;

/** What a text leaves open. */
export const PromptVariable = z.strictObject({
	name: VariableName.describe("Its name, as it stands between the braces."),
	type: z.enum(variableTypes).default("text").describe("What it takes."),
	isRequired: z
		.boolean()
		.default(true)
		.describe("Whether it needs a value where it has no default; else it may stay empty."),
	default: VariableValue.nullable()
		.default(null)
		.describe("What stands for it where nothing is given; null: nothing does."),
	choices: z.array(z.string().min(1).max(200)).max(50).default([]).describe("Of a `choice`: what can be chosen."),
	description: z.string().trim().max(200).default("").describe("What it is for."),
});
export type PromptVariable = z.infer<typeof PromptVariable>;

export const PromptVariables = z
	.array(PromptVariable)
	.max(50)
	.superRefine((variables, check) => {
		const complain = (at: number, field: keyof PromptVariable, message: string) =>
			check.addIssue({ code: "custom", path: [at, field], message });
		for (const [at, variable] of variables.entries()) {
			const { name, type, choices } = variable;
			// Every object has something of that name by itself.
			if (name in {}) complain(at, "name", `${name} can't be the name of a variable.`);
			if (variables.findIndex((one) => one.name === name) !== at)
				complain(at, "name", `There is a variable ${name} already.`);
			if (type === "choice" && choices.length === 0) complain(at, "choices", `${name} needs something to choose from.`);
			else if (variable.default !== null && !valueSchema(variable).safeParse(variable.default).success)
				complain(at, "default", `The default of ${name} is no ${type}${type === "choice" ? " of its own" : ""}.`);
		}
	})
	.describe("What its text leaves open, by name.");

function valueSchema({ type, choices }: PromptVariable): z.ZodType<VariableValue> {
	switch (type) {
		case "text":
			return z.string().max(longestText);
		case "number":
			return z.number();
		case "choice":
			return z.enum(choices);
		case "date":
			return z.iso.date();
		case "list":
			return z.array(z.string().max(500)).max(100);
	}
}

export const fits = (variable: PromptVariable, value: VariableValue): boolean =>
	valueSchema(variable).safeParse(value).success;

/** The schema of all values: the one place where what is given is checked. */
export const valuesSchema = (variables: readonly PromptVariable[]) =>
	z.strictObject(Object.fromEntries(variables.map((one) => [one.name, valueSchema(one).optional()])));

const wants = {
	text: `a text of at most ${longestText.toLocaleString("en")} characters`,
	number: "a number",
	date: "a date as 2026-11-26",
	list: "a list of at most 100 texts",
} as const;

/** What a variable takes, in words. */
export const wantedOf = ({ type, choices }: PromptVariable): string =>
	type === "choice" ? `one of ${choices.join(", ")}` : wants[type];

export type ValueProblem = { name: string; message: string };

/** What stands for each variable as text, or what is wrong, by the names. */
export function readValues(
	variables: readonly PromptVariable[],
	given: VariableValues,
): { texts: Map<string, string>; problems: ValueProblem[] } {
	const checked = valuesSchema(variables).safeParse(given);
	const problems: ValueProblem[] = (checked.error?.issues ?? []).flatMap((issue) => {
		if (issue.code === "unrecognized_keys")
			return issue.keys.map((name) => ({ name, message: `There is no variable ${name}.` }));
		const variable = variables.find(({ name }) => name === issue.path[0]);
		if (!variable) return [];
		return [{ name: variable.name, message: `The variable ${variable.name} takes ${wantedOf(variable)}.` }];
	});
	const texts = new Map<string, string>();
	for (const variable of variables) {
		const { name, isRequired } = variable;
		const value = (Object.hasOwn(given, name) ? given[name] : undefined) ?? variable.default;
		if (value === null && isRequired) problems.push({ name, message: `The variable ${name} needs a value.` });
		texts.set(name, value === null ? "" : textOf(value));
	}
	return { texts, problems };
}

const textOf = (value: VariableValue): string =>
	Array.isArray(value) ? value.map((one) => `- ${one}`).join("\n") : String(value);

/** What somebody typed, or a program that knows only texts sent, as the variable takes it. A text that does not fit is left for the check. */
export function typedValue({ type }: Pick<PromptVariable, "type">, text: string): VariableValue {
	switch (type) {
		case "number": {
			const number = Number(text);
			return text.trim() === "" || !Number.isFinite(number) ? text : number;
		}
		case "list":
			return text
				.split("\n")
				.map((line) => line.replace(/^- /, "").trim())
				.filter((line) => line !== "");
		case "text":
		case "choice":
		case "date":
			return text;
	}
}
