import { decodeCursor, toPage } from "./cursor";
import type { ListInput } from "./list";

type Value = string | number | boolean | null;
type Facts<Row> = {
	/** Which list it is: its cursors hold in no other. */
	list: string;
	/** What each name of the contract's filter stands for. */
	filter: Record<string, (row: Row) => Value | readonly Value[]>;
	/** What each order goes by. */
	sort: Record<string, (row: Row) => string>;
	/** What a row is told by. */
	id: (row: Row) => string;
};

const asText = (value: unknown): string => String(value).toLowerCase();

const operators = {
	eq: (value, asked) => value === asked,
	ne: (value, asked) => value !== asked,
	in: (value, asked) => Array.isArray(asked) && asked.includes(value),
	contains: (value, asked) => asText(value).includes(asText(asked)),
} satisfies Record<string, (value: Value, asked: unknown) => boolean>;

const isOperator = (name: string): name is keyof typeof operators => Object.hasOwn(operators, name);

/** The same grammar as `listQuery`, for what is in memory and small. */
export function listRows<Row>(
	all: readonly Row[],
	input: ListInput,
	{ list, filter, sort, id }: Facts<Row>,
): { rows: Row[]; next: string | null } {
	const order = input.sort ?? `-${Object.keys(sort)[0]}`;
	const by = sort[order.replace(/^-/, "")] ?? id;
	const compare = (one: readonly string[], other: readonly string[]) => {
		const at = one[0] === other[0] ? 1 : 0;
		const [a = "", b = ""] = [one[at], other[at]];
		return (a < b ? -1 : a > b ? 1 : 0) * (order.startsWith("-") ? -1 : 1);
	};
	const keyOf = (row: Row) => [by(row), id(row)];
	const here = JSON.stringify([list, input.filter ?? null, order]);
	const after = decodeCursor(input.cursor, here)?.map(String);
	const rows = all
		.filter((row) => fits(row, input.filter, filter))
		.filter((row) => !after || compare(keyOf(row), after) > 0)
		.toSorted((one, other) => compare(keyOf(one), keyOf(other)));
	return toPage(rows.slice(0, input.limit + 1), input.limit, keyOf, here);
}

function fits<Row>(row: Row, asked: ListInput["filter"], facts: Facts<Row>["filter"]): boolean {
	return Object.entries(asked ?? {}).every(([name, ask]) => {
		const of = facts[name];
		// The contract names the fields; one without a meaning here is our mistake, and must not let everything through.
		if (!of) throw new Error(`the filter ${name} stands for nothing`);
		const value = of(row);
		// Of several values one that fits is enough.
		const values = Array.isArray(value) ? (value as readonly Value[]) : [value as Value];
		return Object.entries(ask ?? {}).every(([operator, wanted]) => {
			if (wanted === undefined) return true;
			if (!isOperator(operator)) throw new Error(`${operator} means nothing in a list of rows`);
			return values.some((one) => operators[operator](one, wanted));
		});
	});
}
