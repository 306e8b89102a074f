// Mends faults of an installed package that its latest version still has. Runs after each install; doing it twice does nothing.

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

export function mendPackages(root) {
	for (const file of driver.files.map((name) => join(root, name)).filter((path) => existsSync(path))) {
		const before = readFileSync(file, "utf8");
		let after = before;
		for (const [wrong, right] of driver.changes) {
			if (after.includes(right)) continue;
			if (!after.includes(wrong))
				throw new Problem(`${file} is not the version that this one was made for: run \`npm ci\`.`);
			after = after.replaceAll(wrong, right);
		}
		if (after !== before) writeFileSync(file, after);
	}
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
	mendPackages(dirname(dirname(fileURLToPath(import.meta.url))));
