import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeEnvProblem, Env } from "@/server/core/env";

/** `NAME=default` where there is one, `# NAME=` with an example where there is none. */
const lines = readFileSync(".env.example", "utf8").split("\n");
const entries = lines.flatMap((line) => {
	const found = /^(?<off>#\s*)?(?<name>[A-Z][A-Z0-9_]+)=(?<value>.*)$/.exec(line)?.groups;
	return found?.name ? [{ name: found.name, value: found.off === undefined ? (found.value ?? "") : null }] : [];
});

test(".env.example names every variable once, and no other", () => {
	expect(entries.map(({ name }) => name).toSorted()).toEqual(Object.keys(Env.shape).toSorted());
});

test(".env.example states each default as it is", () => {
	const defaults: Record<string, unknown> = Env.parse({});
	const stated = Object.fromEntries(entries.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])));
	const real = Object.entries(defaults).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, String(value)]],
	);
	expect(stated).toEqual(Object.fromEntries(real));
});

test("a problem is told in one line with the variable's name and without its value", () => {
	const problems = [
		{ PORT: "no-port" },
		{ DATABASE_URL: "mysql://x:geheim@y" },
		{ QD_AUTH_SECRET: "geheim" },
		{ QD_MODEL: "geheim" },
	].map((environment) => {
		const parsed = Env.safeParse(environment);
		return parsed.success ? "none" : describeEnvProblem(parsed.error);
	});
	for (const [index, name] of ["PORT", "DATABASE_URL", "QD_AUTH_SECRET", "QD_MODEL"].entries()) {
		expect(problems[index]).toMatch(new RegExp(`^${name} [^\\n]+$`));
		expect(problems[index]).not.toContain("geheim");
	}
});
