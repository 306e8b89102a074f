// `npm run audit:verify -- EXPORT --key PUB --checkpoint FILE`: proves an export of the audit offline, or names its first bad entry.

import { createReadStream, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { ChainVerifier, linesOf, readCheckpoints, readKeys } from "../server/audit/chain/verifier.mjs";
import { describe, Problem } from "./problem.mjs";

const usage = "npm run audit:verify -- EXPORT --key PUBLIC-KEYS.pem --checkpoint CHECKPOINTS.jsonl [--part] [--json]";

function readText(file) {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		throw new Problem(`${file} can't be read (${error.code}).`);
	}
}

function parsed(file, read) {
	try {
		return read(readText(file));
	} catch (error) {
		if (error instanceof Problem) throw error;
		throw new Problem(`${file} is not what it should be: ${describe(error)}`);
	}
}

async function run() {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			key: { type: "string" },
			checkpoint: { type: "string" },
			// The export was cut on purpose: what comes after it is not asked for.
			part: { type: "boolean", default: false },
			json: { type: "boolean", default: false },
		},
	});
	const [file] = positionals;
	if (!file || !values.key || !values.checkpoint) throw new Problem(`How to call it: ${usage}`);
	const verifier = new ChainVerifier({
		keys: parsed(values.key, readKeys),
		checkpoints: parsed(values.checkpoint, readCheckpoints),
		isPart: values.part,
	});
	const started = performance.now();
	for await (const line of linesOf(createReadStream(file, { highWaterMark: 1 << 20 })))
		if (line.length > 0 && !verifier.take(line)) break;
	const result = verifier.end();
	const seconds = (performance.now() - started) / 1000;
	if (values.json) console.log(JSON.stringify({ ...result, seconds }));
	else console.log(told(result, seconds));
	process.exitCode = result.isValid ? 0 : 1;
}

function told({ isValid, problem, from, to, entries, proven }, seconds) {
	const rate = `${entries} entries in ${seconds.toFixed(1)} s`;
	if (!isValid) return `NOT VALID at entry ${problem.seq} (${problem.kind}): ${problem.message}. Read ${rate}.`;
	const rest = to > proven ? `; ${to - proven} after that are newer than the last checkpoint` : "";
	return `Valid: entries ${from} to ${to} are unchanged, as signed up to entry ${proven}${rest}. Read ${rate}.`;
}

try {
	await run();
} catch (error) {
	console.error(describe(error));
	process.exitCode = 2;
}
