import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { sourceFiles } from "@/tests/support/source-files";

const documents = sourceFiles("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs/**/*.md");
const { scripts } = z
	.object({ scripts: z.record(z.string(), z.string()) })
	.parse(JSON.parse(readFileSync("package.json", "utf8")));
const rooms = /^(\.ci|app|components|db|docs|public|scripts|server|tests)\//;
const npmOwn = ["install", "ci", "start", "test"];

/** Every `code` span and every line of a fenced block. */
const codeIn = (text: string): string[] => [
	...[...text.matchAll(/```[^\n]*\n(.*?)```/gs)].flatMap(([, block = ""]) => block.split("\n")),
	...[...text.replace(/```.*?```/gs, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span),
];

/** `server/{a,b}.ts` names two files. */
function spread(path: string): string[] {
	const found = /^(.*?)\{([^{}]+)\}(.*)$/.exec(path);
	if (!found) return [path];
	const [, before = "", choices = "", after = ""] = found;
	return choices.split(",").flatMap((choice) => spread(`${before}${choice.trim()}${after}`));
}

function pathsIn(text: string): string[] {
	return codeIn(text)
		.flatMap((code) => code.split(/[\s"'()[\],;]+(?![^{]*\})/))
		.filter((word) => rooms.test(word) && !/[<>*…$]|\bX\b|NNNN/.test(word))
		.flatMap(spread)
		.map((path) => path.replace(/[.:]+$/, "").replace(/:\d+$/, ""));
}

test("every path that a document names is there", () => {
	const gone = documents.flatMap((document) =>
		pathsIn(readFileSync(document, "utf8"))
			.filter((path) => !existsSync(path))
			.map((path) => `${document}: ${path}`),
	);
	expect(gone).toEqual([]);
});

test("every link from a document to a file leads somewhere", () => {
	const dead = documents.flatMap((document) =>
		[...readFileSync(document, "utf8").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
			.map(([, target = ""]) => target)
			.filter((target) => !/^[a-z]+:/.test(target) && !existsSync(normalize(join(dirname(document), target))))
			.map((target) => `${document}: ${target}`),
	);
	expect(dead).toEqual([]);
});

test("every npm script that a document names exists", () => {
	const unknown = documents.flatMap((document) =>
		codeIn(readFileSync(document, "utf8"))
			.flatMap((code) => [...code.matchAll(/\bnpm (?:run )?([a-z][a-z:-]*)/g)].map(([, name = ""]) => name))
			.filter((name) => !(name in scripts) && !npmOwn.includes(name))
			.map((name) => `${document}: npm run ${name}`),
	);
	expect(unknown).toEqual([]);
});
