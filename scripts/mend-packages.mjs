// Mends faults of installed packages that their latest versions still have. Runs after each install; doing it twice does nothing.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Problem } from "./problem.mjs";

/**
 * postgres 3.4.9, when a connection breaks: what waits to be written is written to a socket that is gone, in a timer where
 * nobody can catch it, so that the process ends; or the connection takes itself for waiting for ever and never writes
 * again; or the query for its types rejects unheard; or a query that came between the error and the close waits for ever.
 * Each fails its query instead.
 */
const driver = {
	files: ["node_modules/postgres/src/connection.js", "node_modules/postgres/cjs/src/connection.js"],
	changes: [
		[
			"function nextWrite(fn) {\n",
			"function nextWrite(fn) {\n    if (socket === null) {\n      chunk = nextWriteTimer = null\n      error(Errors.connection('CONNECTION_CLOSED', options))\n      return false\n    }\n",
		],
		[
			"\n    clearImmediate(nextWriteTimer)\n",
			"\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n",
		],
		["!hadError && (query || sent.length) && error(", "; (query || sent.length) && error("],
		["return fetchArrayTypes()\n", "return fetchArrayTypes().catch(() => {})\n"],
	],
};

/**
 * drizzle-orm 0.45 asks of each part of each statement whether it is a column, a table, a condition … by walking up its class's
 * ancestors: half of the time that a statement takes to build. What a class is does not change, so it is remembered.
 */
const builder = {
	files: ["node_modules/drizzle-orm/entity.js", "node_modules/drizzle-orm/entity.cjs"],
	changes: [
		[
			"function is(value, type) {\n",
			`const knownClasses = new WeakMap();
function is(value, type) {
  if (!value || typeof value !== "object") return false;
  const of = Object.getPrototypeOf(value)?.constructor;
  if (!of) return isOf(value, type);
  let known = knownClasses.get(of);
  if (!known) knownClasses.set(of, known = new Map());
  let answer = known.get(type);
  if (answer === undefined) known.set(type, answer = isOf(value, type));
  return answer;
}
function isOf(value, type) {
`,
		],
	],
};

export function mendPackages(root) {
	for (const { files, changes } of [driver, builder])
		for (const file of files.map((name) => join(root, name)).filter((path) => existsSync(path))) mend(file, changes);
}

function mend(file, changes) {
	const before = readFileSync(file, "utf8");
	let after = before;
	for (const [wrong, right] of changes) {
		if (after.includes(right)) continue;
		if (!after.includes(wrong))
			throw new Problem(`${file} is not the version that this one was made for: run \`npm ci\`.`);
		after = after.replaceAll(wrong, right);
	}
	if (after !== before) writeFileSync(file, after);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
	mendPackages(dirname(dirname(fileURLToPath(import.meta.url))));
