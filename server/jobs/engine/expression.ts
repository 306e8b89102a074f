import { Environment } from "@marcbachmann/cel-js";
import type { Json, StoredEvent } from "@/db/schema";

/** `event` started the run; `async` is the one that may end a wait or the run. */
export type ExpressionContext = { event: StoredEvent; async?: StoredEvent };

const environment = new Environment({ homogeneousAggregateLiterals: false })
	.registerVariable("event", "dyn")
	.registerVariable("async", "dyn")
	.registerFunction("now(): google.protobuf.Timestamp", () => new Date());

// JSON has doubles only, while a literal such as 2 is an int: the language itself has no operator for the two together.
const arithmetic: Record<string, (a: number, b: number) => number> = {
	"+": (a, b) => a + b,
	"-": (a, b) => a - b,
	"*": (a, b) => a * b,
	"/": (a, b) => a / b,
	"%": (a, b) => a % b,
};
for (const [operator, compute] of Object.entries(arithmetic)) {
	const both = (a: number | bigint, b: number | bigint) => compute(Number(a), Number(b));
	environment.registerOperator(`int ${operator} double: double`, both);
	environment.registerOperator(`double ${operator} int: double`, both);
}
environment.registerOperator("double % double: double", (a: number, b: number) => a % b);

const parsed = new Map<string, ReturnType<Environment["parse"]>>();

/** Throws where the expression is not one. */
export function checkExpression(expression: string): void {
	const { valid, error } = environment.check(expression);
	if (!valid)
		throw new Error(`"${expression}" is not a valid expression: ${error?.message.split("\n")[0] ?? "unknown error"}`);
}

/** A field that is missing makes the whole expression undefined, as it would with the real server. */
function evaluate(expression: string, context: ExpressionContext): unknown {
	let run = parsed.get(expression);
	if (!run) {
		run = environment.parse(expression);
		parsed.set(expression, run);
	}
	try {
		return run({ event: context.event, async: context.async ?? null });
	} catch {
		return undefined;
	}
}

export function isMatch(expression: string | null | undefined, context: ExpressionContext): boolean {
	return !expression || evaluate(expression, context) === true;
}

/** The value as text, for keys; an undefined one is the empty text. */
export function keyOf(expression: string, event: StoredEvent): string {
	const value = evaluate(expression, { event });
	if (value === undefined || value === null) return "";
	if (typeof value === "string") return value;
	return JSON.stringify(value, (_, inner: Json | bigint) => (typeof inner === "bigint" ? Number(inner) : inner));
}

export function numberOf(expression: string, event: StoredEvent): number {
	const value = Number(evaluate(expression, { event }) ?? 0);
	return Number.isFinite(value) ? value : 0;
}
