import {
	type AnyColumn,
	and,
	asc,
	Column,
	desc,
	eq,
	getTableName,
	gt,
	gte,
	ilike,
	inArray,
	is,
	lt,
	lte,
	ne,
	type SQL,
	sql,
} from "drizzle-orm";
import { decodeCursor, toPage } from "./cursor";
import type { ListInput } from "./list";

type Facts = {
	/** What each name of the contract's filter stands for. */
	filter: Record<string, AnyColumn | SQL>;
	/** What each order goes by: never null, and with an index that ends in the id. An expression is text. */
	sort: Record<string, AnyColumn | SQL>;
	id: AnyColumn;
};

const operators = {
	eq: (of, value) => eq(of as SQL, value),
	ne: (of, value) => ne(of as SQL, value),
	in: (of, value) => inArray(of as SQL, value as unknown[]),
	contains: (of, value) => ilike(of as SQL, containing(String(value))),
	gt: (of, value) => gt(of as SQL, value),
	gte: (of, value) => gte(of as SQL, value),
	lt: (of, value) => lt(of as SQL, value),
	lte: (of, value) => lte(of as SQL, value),
} satisfies Record<string, (of: AnyColumn | SQL, value: unknown) => SQL>;

/** What is typed is looked for as it stands. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, "\\$&")}%`;

const isOperator = (name: string): name is keyof typeof operators => Object.hasOwn(operators, name);

/**
 * A list's contract as SQL: conditions, order and limit for its query, whose rows carry `key` beside their `id`, and `page`, which
 * cuts what it found. The cursor holds for this list with this filter and order, whatever else the input narrows it by.
 */
export function listQuery(input: ListInput, { filter, sort, id }: Facts) {
	const { cursor, limit, fields: _, ...narrowed } = input;
	const order = input.sort ?? `-${Object.keys(sort)[0]}`;
	const isDescending = order.startsWith("-");
	const by = sort[order.replace(/^-/, "")] ?? id;
	const list = JSON.stringify([getTableName(id.table), sorted({ ...narrowed, sort: order })]);
	const after = decodeCursor(cursor, list);
	const direction = isDescending ? desc : asc;
	return {
		where: and(...filterConditions(input.filter, filter), after ? beyond(after, { by, id, isDescending }) : undefined),
		orderBy: by === id ? [direction(id)] : [direction(by), direction(id)],
		limit: limit + 1,
		/** The sort key as text: to the microsecond, which a Date does not hold. */
		key: sql<string>`${by}::text`,
		page: <Row extends { id: string | number; key: string }>(rows: Row[]) => {
			const page = toPage(rows, limit, (row) => [row.key, row.id], list);
			return { rows: page.rows.map(({ key: __, ...row }) => row), next: page.next };
		},
	};
}

/** What a filter asks of the columns that its names stand for. */
export function filterConditions(asked: ListInput["filter"], facts: Facts["filter"]): SQL[] {
	return Object.entries(asked ?? {}).flatMap(([name, ask]) => {
		const of = facts[name];
		// The contract names the fields; one without a meaning here is our mistake, and must not let everything through.
		if (!of) throw new Error(`the filter ${name} has no column`);
		return Object.entries(ask ?? {}).flatMap(([operator, value]) =>
			value === undefined || !isOperator(operator) ? [] : [operators[operator](of, toDriver(of, value))],
		);
	});
}

/** Moments come as text; a column of dates wants them as dates. */
const toDriver = (of: AnyColumn | SQL, value: unknown): unknown =>
	"dataType" in of && of.dataType === "date" && typeof value === "string" ? new Date(value) : value;

function beyond(
	[key, lastId]: (string | number)[],
	{ by, id, isDescending }: { by: AnyColumn | SQL; id: AnyColumn; isDescending: boolean },
): SQL {
	const than = isDescending ? sql`<` : sql`>`;
	if (by === id) return sql`${id} ${than} ${lastId}::${typeOf(id)}`;
	return sql`(${by}, ${id}) ${than} (${key}::${typeOf(by)}, ${lastId}::${typeOf(id)})`;
}

function typeOf(column: AnyColumn | SQL): SQL {
	if (!is(column, Column)) return sql`text`;
	const type = column.getSQLType();
	if (type.startsWith("timestamp")) return sql`timestamptz`;
	switch (type) {
		case "uuid":
			return sql`uuid`;
		case "bigint":
			return sql`bigint`;
		case "integer":
			return sql`integer`;
		case "text":
			return sql`text`;
		default:
			throw new Error(`no list can go by ${type}`);
	}
}

/** The same filter makes the same text, in whatever order its names came. */
function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (typeof value !== "object" || value === null) return value;
	return Object.entries(value)
		.filter(([, one]) => one !== undefined)
		.toSorted(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, one]) => [name, sorted(one)]);
}
