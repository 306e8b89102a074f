import { z } from "zod";

/** What may be asked of a field. Each is a strict object of operators, so that an operator that a field has not is named. */
export const asks = {
	id: () => z.strictObject({ eq: z.uuid().optional(), in: z.array(z.uuid()).min(1).max(100).optional() }),
	oneOf: <const Values extends readonly [string, ...string[]]>(values: Values) =>
		z.strictObject({
			eq: z.enum(values).optional(),
			ne: z.enum(values).optional(),
			in: z.array(z.enum(values)).min(1).max(100).optional(),
		}),
	text: (max = 200) =>
		z.strictObject({ eq: z.string().max(max).optional(), in: z.array(z.string().max(max)).min(1).max(100).optional() }),
	/** The whole of it, or a part of it in any case. */
	name: (max = 200) =>
		z.strictObject({
			eq: z.string().max(max).optional(),
			in: z.array(z.string().max(max)).min(1).max(100).optional(),
			contains: z.string().trim().min(1).max(max).optional(),
		}),
	/** E-mail addresses are the same in any case. */
	email: () => z.strictObject({ eq: z.string().trim().toLowerCase().max(254).optional() }),
	/** Where more would not have an index. */
	exactly: <Value extends z.ZodType>(value: Value) => z.strictObject({ eq: value.optional() }),
	flag: () => z.strictObject({ eq: z.boolean().optional() }),
	/** Moments as ISO 8601 with their offset, so that they mean the same in every face and in an address. */
	time: () =>
		z.strictObject({
			gt: Moment.optional(),
			gte: Moment.optional(),
			lt: Moment.optional(),
			lte: Moment.optional(),
		}),
};
export const Moment = z.iso.datetime({ offset: true, error: "Give a moment as 2026-11-25T12:00:00Z." });

type Asks = Record<string, z.ZodType>;
type Row = z.ZodObject;
/** A name of the contract's `sort`; with `-` before it, the greatest come first and no other way. */
type Signed<Sort extends string> = Sort extends `-${string}` ? Sort : Sort | `-${Sort}`;

/**
 * The one grammar of lists: at most `limit` rows from `cursor` on, those that `filter` lets through, in the order of `sort` (`-`
 * before it: the greatest first), each with no more than the asked `fields`. What it doesn't name is refused by name.
 */
export function listOf<const Filter extends Asks, const Sort extends string>(
	row: Row,
	{ filter, sort }: { filter: Filter; sort: readonly [Sort, ...Sort[]] },
) {
	// Each stands for itself and its contrary, but for those that go one way only.
	const orders = sort.flatMap((name) => (name.startsWith("-") ? [name] : [name, `-${name}`])) as Signed<Sort>[];
	const optional = Object.fromEntries(Object.entries(filter).map(([name, ask]) => [name, ask.optional()]));
	return z.strictObject({
		limit: z.int().min(1).max(200).default(50),
		cursor: z.string().max(1000).optional(),
		filter: z
			// The keys are those of `filter`, each made optional.
			.strictObject(optional as { [Name in keyof Filter]: z.ZodOptional<Filter[Name]> })
			.optional(),
		/** Left out: by the first of them, the greatest first. */
		sort: z
			.enum(orders as [Signed<Sort>, ...Signed<Sort>[]])
			.optional()
			.meta({ default: `-${sort[0].replace(/^-/, "")}` }),
		fields: z
			.array(z.enum(Object.keys(row.shape) as [string, ...string[]]))
			.min(1)
			.max(100)
			.optional(),
	});
}

/** What every list's input has. */
export type ListInput = {
	limit: number;
	cursor?: string | undefined;
	sort?: string | undefined;
	filter?: Record<string, object | undefined> | undefined;
	fields?: string[] | undefined;
};

/** Leaves of each row only its id, or what it is told by where it has none, and what was asked for. */
export function onlyFields<Answer>(input: unknown, answer: Answer): Answer {
	const fields = (input as Partial<ListInput> | null)?.fields;
	const rows = (answer as { rows?: unknown } | null)?.rows;
	if (!Array.isArray(fields) || !Array.isArray(rows)) return answer;
	const cut = rows.map((row: object) => {
		const key = "id" in row ? "id" : Object.keys(row)[0];
		return Object.fromEntries(Object.entries(row).filter(([name]) => name === key || fields.includes(name)));
	});
	return { ...answer, rows: cut };
}
