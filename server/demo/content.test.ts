import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeDocument, targets } from "@/scripts/make-demo-documents.mjs";
import { roles } from "@/server/core/permissions";
import { fileTypes, maxFileBytes } from "@/server/knowledge/contract";
import { contentFolder, library } from "./library";
import { people, personKeys } from "./organisation";
import { demoAgents, demoPrompts, demoQuestions } from "./workshop";

const files = library.flatMap(({ folder, documents }) =>
	Object.keys(documents).map((file) => join(contentFolder(), folder, file)),
);

test("every document that the library names is there, readable by its kind and not too large", () => {
	for (const file of files) {
		expect(existsSync(file), file).toBe(true);
		expect(Object.keys(fileTypes), file).toContain(file.split(".").at(-1));
		const { length } = readFileSync(file);
		expect(length, file).toBeGreaterThan(1_000);
		expect(length, file).toBeLessThan(Math.min(maxFileBytes, 100_000));
	}
});

test("every file in the content folder is in the library", () => {
	const there = readdirSync(contentFolder(), { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name));
	expect(there.toSorted()).toEqual(files.toSorted());
});

test("the demo shows every format and every role", () => {
	const kinds = new Set(files.map((file) => file.split(".").at(-1)));
	expect([...kinds].toSorted()).toEqual(["docx", "html", "md", "pdf", "txt"]);
	expect(new Set(Object.values(people).map(({ role }) => role))).toEqual(new Set(roles));
	expect(personKeys.length).toBe(8);
});

test.each(Object.entries(targets))("%s was made into %s after its last change", async (source, target) => {
	const committed = readFileSync(join(contentFolder(), target));
	const fresh = await makeDocument(source);
	expect(fresh.equals(committed), "run node scripts/make-demo-documents.mjs and commit").toBe(true);
});

test("agents, prompts and questions name only what the demo makes", () => {
	const shelves = library.map(({ name }) => name);
	const prompts = demoPrompts.map(({ name }) => name);
	const agents = demoAgents.map(({ name }) => name);
	for (const { prompt, collections } of demoAgents) {
		expect(prompts).toContain(prompt);
		for (const collection of collections) expect(shelves).toContain(collection);
	}
	for (const { agent } of demoQuestions) if (agent !== null) expect(agents).toContain(agent);
	for (const { versions } of demoPrompts) expect(versions.length).toBeGreaterThanOrEqual(2);
});

test("a document that another one names exists under that name", () => {
	const titles = files.map(titleOf);
	const sources = files.map((file) => readFileSync(sourceOf(file), "utf8"));
	const named = sources.flatMap((text) => [
		...[...text.matchAll(/(?:\bsee|[Ss]ee) (?:the safety\s+section of )?\*([^*]+)\*/g)].map(([, title = ""]) => title),
		...[...text.matchAll(/See "([^"]+)"|\(Facilities, see "([^"]+)"\)/g)].map(([, a, b]) => a ?? b ?? ""),
	]);
	expect(named.length).toBeGreaterThan(5);
	for (const title of named) expect(titles).toContain(title.replace(/\s+/g, " "));
});

test("one question has no answer in any document, and one only in the private collection", () => {
	const textOf = (file: string) => readFileSync(sourceOf(file), "utf8");
	expect(files.filter((file) => /pension/i.test(textOf(file)))).toEqual([]);
	const told = files.filter((file) => textOf(file).includes("2026-014"));
	expect(told.length).toBeGreaterThan(0);
	for (const file of told) expect(file).toContain("hr-cases");
	expect(library.filter(({ access }) => access === "private").map(({ folder }) => folder)).toEqual(["hr-cases"]);
});

/** Generated files are read in the words they were made of. */
function sourceOf(file: string): string {
	const made = Object.entries(targets).find(([, target]) => file.endsWith(target));
	return made ? join(contentFolder(), "..", "sources", made[0]) : file;
}

function titleOf(file: string): string {
	const text = readFileSync(sourceOf(file), "utf8");
	const [, title = ""] =
		/^# (.+)$/m.exec(text) ?? /<h1>(.+)<\/h1>/.exec(text) ?? /^([A-Z][A-Z :,]+)$/m.exec(text) ?? [];
	return title === title.toUpperCase() ? title.charAt(0) + title.slice(1).toLowerCase() : title;
}
