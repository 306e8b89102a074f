import { columnsOf, faultOf, type Leaf, type ObjectField, type Value } from "@/server/extractions/contract";
import type { Reading } from "./judge";

/** Rows that a list may have; a longer one is no list of a document. */
export const mostRows = 500;
const mostProblems = 15;

export type Answered = { readings: Reading[]; problems: string[] };

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
	typeof value === "object" && value !== null && !Array.isArray(value);
const own = (of: Json, name: string): unknown => (Object.hasOwn(of, name) ? of[name] : undefined);

/** Reads what a model answered, against the schema: it is a stranger's text. `isWhole`: what is required has to be in it. */
export function readAnswer(text: string, schema: ObjectField, isWhole: boolean): Answered {
	const problems: string[] = [];
	const say = (path: string, what: string) => {
		if (problems.length < mostProblems) problems.push(`\`${path}\` ${what}.`);
	};
	const readings: Reading[] = [];
	const answer = parse(text);
	if (!answer) return { readings, problems: ["The answer is no JSON object."] };
	expectKnown(answer, schema, "", say);
	const { leaves, lists } = columnsOf(schema);
	for (const leaf of leaves) {
		const cell = at(answer, leaf.path);
		if (cell !== undefined && cell !== null && !isObject(cell)) {
			say(leaf.path, "has to be an object with `value`, `quote` and `confidence`");
			continue;
		}
		const value = readValue(leaf, own(cell ?? {}, "value"), leaf.path, isWhole, say);
		readings.push({ path: leaf.path, field: leaf.field, value, ...proofOf(cell ?? {}) });
	}
	for (const list of lists) {
		const rows = at(answer, list.path) ?? [];
		if (!Array.isArray(rows)) say(list.path, "has to be a list of rows");
		else if (rows.length > mostRows) say(list.path, `has more than ${mostRows} rows`);
		else for (const [n, row] of rows.entries()) readRow(row, `${list.path}.${n}`, list.leaves);
	}
	return { readings, problems };

	function readRow(row: unknown, path: string, columns: readonly Leaf[]): void {
		const values = isObject(row) ? own(row, "values") : undefined;
		if (!isObject(row) || !isObject(values)) {
			say(path, "has to be an object with `values`, `quote` and `confidence`");
			return;
		}
		for (const leaf of columns) {
			const where = `${path}.${leaf.path}`;
			// A row is whole or it is none, however many parts the document has.
			const value = readValue(leaf, at(values, leaf.path), where, true, say);
			readings.push({ path: where, field: leaf.field, value, ...proofOf(row) });
		}
	}
}

type Say = (path: string, what: string) => void;

function readValue(leaf: Leaf, given: unknown, path: string, isWhole: boolean, say: Say): Value {
	const value = given === undefined || given === "" ? null : given;
	if (value !== null && typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
		say(path, "has to be one value");
		return null;
	}
	const clean = typeof value === "string" ? value.replaceAll("\0", "").toWellFormed().trim() : value;
	const fault = faultOf(leaf.field, clean);
	if (fault) say(path, fault);
	else if (clean === null && leaf.isRequired && isWhole) say(path, "is required, and there is no value");
	return fault ? null : clean;
}

function proofOf(cell: Json): Pick<Reading, "quote" | "confidence"> {
	const quote = own(cell, "quote");
	const confidence = own(cell, "confidence");
	return {
		quote: typeof quote === "string" ? unescaped(quote.slice(0, 1_000).toWellFormed()) : "",
		confidence: typeof confidence === "number" && confidence >= 0 && confidence <= 1 ? confidence : null,
	};
}

/** The document was shown with these signs escaped. */
const unescaped = (text: string): string =>
	text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

function at(of: Json, path: string): unknown {
	let value: unknown = of;
	for (const name of path.split(".")) {
		if (!isObject(value)) return undefined;
		value = own(value, name);
	}
	return value;
}

/** Fields that nobody asked for are told, so that the model sees what it named wrongly. */
function expectKnown(of: Json, schema: ObjectField, above: string, say: Say): void {
	for (const [name, value] of Object.entries(of)) {
		const path = `${above}${name}`.slice(0, 100);
		const field = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
		if (!field) say(path, "is no field of the schema");
		else if (field.type === "object" && isObject(value)) expectKnown(value, field, `${path}.`, say);
	}
}

/** The object in what was said; models like to put words or a fence around it. */
function parse(text: string): Json | null {
	const [from, to] = [text.indexOf("{"), text.lastIndexOf("}")];
	if (from < 0 || to < from) return null;
	try {
		const value: unknown = JSON.parse(text.slice(from, to + 1));
		return isObject(value) ? value : null;
	} catch {
		return null;
	}
}
