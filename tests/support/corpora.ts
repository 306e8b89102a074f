import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Large public collections of attacks, where they lie beside the project; they are never a part of it. */
const folder = process.env.QD_CORPORA ?? join(process.cwd(), "..", "shared", "corpora");

/** The rows of one collection, and always the project's own few. */
export function corpus<Row>(name: string, own: readonly Row[]): Row[] {
	const file = join(folder, `${name}.jsonl`);
	if (!existsSync(file)) return [...own];
	const rows = readFileSync(file, "utf8")
		.split("\n")
		.filter((line) => line !== "")
		.map((line) => JSON.parse(line) as Row);
	return [...own, ...rows];
}
