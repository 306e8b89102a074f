import { columnsOf, type ObjectField } from "@/server/extractions/contract";
import { type Judged, judge, type Reading, type Source } from "./judge";

/** Two parts that read different values agree on neither. */
const disagreed = 0.45;

/** What the parts of a document have together: of a field the surest value, of a list all rows in order. */
export function merge(parts: readonly Reading[][], schema: ObjectField, source: Source): Judged[] {
	const { leaves, lists } = columnsOf(schema);
	const fields = leaves.flatMap(({ path }): Judged[] => {
		const all = parts.flatMap((readings) => readings.filter((one) => one.path === path));
		const judged = all.map((one) => judge(one, source));
		const said = judged.filter(({ value }) => value !== null).toSorted((a, b) => b.confidence - a.confidence);
		const [best] = said;
		if (!best) return judged.slice(0, 1);
		return [weigh(best, said)];
	});
	return [...fields, ...lists.flatMap(({ path }) => rowsOf(parts, path, source))];
}

function weigh(best: Judged, said: readonly Judged[]): Judged {
	if (said.length < 2) return best;
	if (said.some(({ value, isFound }) => isFound && value !== best.value))
		return {
			...best,
			confidence: Math.min(best.confidence, disagreed),
			reasons: [...best.reasons, "Another part of the document says otherwise."],
		};
	return { ...best, reasons: [...best.reasons, "Several parts of the document say the same."] };
}

function rowsOf(parts: readonly Reading[][], list: string, source: Source): Judged[] {
	let before = 0;
	return parts.flatMap((readings) => {
		const own = readings.filter(({ path }) => path.startsWith(`${list}.`));
		const rows = own.map((one) => {
			const [row = "0", ...column] = one.path.slice(list.length + 1).split(".");
			const n = before + Number(row);
			return { n, judged: judge({ ...one, path: `${list}.${n}.${column.join(".")}` }, source) };
		});
		before = Math.max(before, ...rows.map(({ n }) => n + 1));
		return rows.map(({ judged }) => judged);
	});
}

/** Fields that have to be there and are not, in a document that was read in parts. */
export const missingOf = (fields: readonly Judged[], schema: ObjectField): string[] =>
	columnsOf(schema)
		.leaves.filter(
			({ path, isRequired }) => isRequired && !fields.some((one) => one.path === path && one.value !== null),
		)
		.map(({ path }) => path);
