import { fits, type PromptVariable, type VariableValue, type VariableValues } from "./variables";

/** What a text can ask for that is known without anybody giving it. */
export const builtIns = {
	personName: "The name of whoever asks.",
	today: "The day on which they ask, as 2026-11-26.",
	organisation: "The organisation's name, as QD_ORGANISATION sets it.",
} as const satisfies Record<string, string>;
export type BuiltIns = Record<keyof typeof builtIns, string>;
export const isBuiltIn = (name: string): name is keyof BuiltIns => Object.hasOwn(builtIns, name);

const longestName = 80;
/** A person chooses their name: it is one line of words, and nothing else. */
const plainLine = (text: string): string =>
	text
		.replace(/[\p{Cf}\p{Cc}]+/gu, " ")
		.replace(/[<>{}]/g, "")
		.replace(/\s+/gu, " ")
		.trim()
		.slice(0, longestName)
		.toWellFormed();

export const builtInValues = (of: BuiltIns): BuiltIns => ({
	personName: plainLine(of.personName),
	today: of.today,
	organisation: plainLine(of.organisation),
});

/** Of values of any kind, what its checks look at: today's date stands for every day. */
export const someBuiltIns: BuiltIns = { personName: "A person", today: "2026-11-26", organisation: "An organisation" };

/**
 * What stands for the variables of an agent's prompt: what its definition gives, where that fits, else what is known by itself.
 * A label may have moved to a text that takes other values since: what that has no use for is left out.
 */
export function filledFor(
	variables: readonly PromptVariable[],
	given: VariableValues,
	known: BuiltIns,
): VariableValues {
	const values: [string, VariableValue][] = [];
	for (const variable of variables) {
		const { name } = variable;
		const own = Object.hasOwn(given, name) ? given[name] : undefined;
		if (own !== undefined && fits(variable, own)) values.push([name, own]);
		else if (variable.default === null && isBuiltIn(name) && fits(variable, known[name]))
			values.push([name, known[name]]);
	}
	return Object.fromEntries(values);
}

/** Variables that nobody fills for an agent with these values. */
export const unfilled = (variables: readonly PromptVariable[], given: VariableValues): string[] => {
	const filled = filledFor(variables, given, someBuiltIns);
	return variables
		.filter((one) => one.isRequired && one.default === null && !Object.hasOwn(filled, one.name))
		.map(({ name }) => name);
};
