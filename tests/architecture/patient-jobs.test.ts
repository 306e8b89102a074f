import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const files = globSync("server/**/{jobs,*-jobs,prune}.ts").filter((file) => !file.startsWith("server/jobs/engine/"));

/** From the opening bracket on to the one that closes it. */
function callAt(text: string, from: number): string {
	let depth = 0;
	for (let at = from; at < text.length; at++) {
		if (text[at] === "(") depth++;
		if (text[at] === ")" && --depth === 0) return text.slice(from, at + 1);
	}
	return text.slice(from);
}

// Else a step that the database fails, as it is restarted, waits for half a minute and more until it is tried again.
test("every step of a job takes a database that is away for no fault of its own", () => {
	const impatient = files.flatMap((file) => {
		const text = readFileSync(file, "utf8");
		const ways = [
			...text.matchAll(/const (\w+)\b(?:(?!;\n)[\s\S])*?patiently\(/g),
			...text.matchAll(/function (\w+)\b(?:(?!\n\}\n)[\s\S])*?patiently\(/g),
		].map(([, name]) => name);
		const isPatient = new RegExp(`\\b(?:${["patiently", ...ways].join("|")})\\(`);
		return [...text.matchAll(/\bstep\s*\.run(?=\()/g)].flatMap(({ 0: found, index }) => {
			const call = callAt(text, index + found.length);
			return isPatient.test(call) ? [] : [`${file}: ${call.slice(0, 60)}`];
		});
	});
	expect(files.length).toBeGreaterThan(8);
	expect(impatient).toEqual([]);
});
