import { variablesFor } from "@/components/prompts/variables";
import type { Bench, BenchWindow, StartTrial, TriedRun } from "@/server/playground/contract";
import type { PromptHistory } from "@/server/prompts/contract";
import { typedValue } from "@/server/prompts/contract/variables";

let made = 0;
/** Of its own in this page; what is kept brings its ids along. */
const newId = (taken: readonly BenchWindow[]): string => {
	do made += 1;
	while (taken.some(({ id }) => id === `w${made}`));
	return `w${made}`;
};

const empty = { text: "", from: null, model: null, temperature: null, maxTokens: null };
export const freshBench = (): Bench => ({
	windows: [{ id: "w0", ...empty }],
	variables: [],
	values: {},
	question: "",
	passages: [],
});

/** A change, with the variables that its texts have then. */
export function changed(bench: Bench, change: Partial<Bench>): Bench {
	const next = { ...bench, ...change };
	return {
		...next,
		variables: variablesFor(
			next.windows.map(({ text }) => text),
			next.variables,
		).variables,
	};
}

export const withWindow = (bench: Bench, id: string, change: Partial<BenchWindow>): Bench =>
	changed(bench, { windows: bench.windows.map((one) => (one.id === id ? { ...one, ...change } : one)) });

/** Another window beside it, with the same to begin from. */
export function doubled(bench: Bench, of: BenchWindow | undefined): Bench {
	const id = newId(bench.windows);
	return changed(bench, { windows: [...bench.windows, { ...(of ?? empty), id }] });
}

/** A version of a prompt in a window; what its variables take comes with it. */
export function loaded(
	bench: Bench,
	id: string,
	{ prompt, versions }: Pick<PromptHistory, "prompt" | "versions">,
	number = prompt.latestVersion,
): Bench {
	const version = versions.find((one) => one.version === number);
	if (!version) return bench;
	const variables = [
		...version.variables,
		...bench.variables.filter(({ name }) => version.variables.every((one) => one.name !== name)),
	];
	const from = { promptId: prompt.id, version: version.version };
	return withWindow({ ...bench, variables }, id, { text: version.body, from });
}

/** A bench with what a run was asked with, and one window that has its prompt. */
export function benchOf(run: TriedRun): Bench {
	const { promptId, version, body, variables, model, question, passages } = run;
	const from = promptId && version ? { promptId, version } : null;
	return changed(freshBench(), {
		windows: [{ id: "w0", ...empty, text: body, from, model }],
		...{ variables, question, passages },
	});
}

/** What a window asks: its own text, model and parameters, and what all share. */
export function trialOf(bench: Bench, { text, model, temperature, maxTokens }: BenchWindow): StartTrial {
	const { variables } = variablesFor([text], bench.variables);
	const values = Object.fromEntries(
		variables.flatMap((variable) => {
			const typed = bench.values[variable.name] ?? "";
			return typed === "" ? [] : [[variable.name, typedValue(variable, typed)]];
		}),
	);
	return { text, variables, values, model, temperature, maxTokens, question: bench.question, passages: bench.passages };
}
