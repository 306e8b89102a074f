import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const config = join(process.cwd(), ".dependency-cruiser.cjs");
const { forbidden } = z
	.object({ forbidden: z.array(z.object({ name: z.string() })) })
	.parse(createRequire(import.meta.url)(config));

/** One breach a rule: the file that commits it, and what it imports. */
const breaches: Record<string, [from: string, imports: string]> = {
	"no-cycles": ["server/core/a.ts", "./b"],
	resolves: ["server/alpha/nowhere.ts", "./missing"],
	"product-needs-no-dev-packages": ["server/alpha/dev.ts", "vitest"],
	"db-is-a-leaf": ["db/connection.ts", "@/server/alpha/service"],
	"core-is-below-features": ["server/core/high.ts", "@/server/alpha/service"],
	"contract-is-pure": ["server/alpha/contract.ts", "@/server/core/log"],
	"browser-sees-contracts-only": ["components/alpha/list.tsx", "@/server/alpha/service"],
	"pages-use-the-door": ["app/alpha/page.tsx", "@/server/alpha/service"],
	"routes-mount-handlers": ["app/alpha/route.ts", "@/server/alpha/service"],
	"routers-are-thin": ["server/alpha/router.ts", "@/db/tables"],
	"services-know-no-transport": ["server/beta/service.ts", "@/server/trpc/init"],
	"graphs-use-the-door": ["server/agents/graphs/one.ts", "@/server/alpha/service"],
	"features-meet-at-doors": ["server/beta/inside.ts", "@/server/alpha/nowhere"],
	"executor-writes-runs": ["server/agents/executor/one.ts", "@/server/alpha/nowhere"],
	"nothing-needs-the-launcher": ["server/beta/launched.ts", "@/server/launch/web"],
	"no-test-code-in-product": ["server/beta/tested.ts", "@/tests/support"],
};
const innocent = [
	"server/core/log.ts",
	"server/alpha/service.ts",
	"server/trpc/init.ts",
	"server/launch/web.ts",
	"tests/support/index.ts",
	"db/tables.ts",
];

let root: string;
beforeAll(() => {
	root = mkdtempSync(join(tmpdir(), "quarterdeck-boundaries-"));
	write("server/core/b.ts", 'import "./a";');
	for (const path of innocent) write(path, "export {};");
	for (const [path, target] of Object.values(breaches)) write(path, `import "${target}";`);
	write("tsconfig.json", JSON.stringify({ compilerOptions: { paths: { "@/*": ["./*"] } } }));
	write("package.json", JSON.stringify({ name: "planted", devDependencies: { vitest: "*" } }));
	write("node_modules/vitest/package.json", JSON.stringify({ name: "vitest", version: "1.0.0", main: "index.js" }));
	write("node_modules/vitest/index.js", "");
});
afterAll(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
	mkdirSync(dirname(join(root, path)), { recursive: true });
	writeFileSync(join(root, path), text);
}

const Report = z.object({
	summary: z.object({ violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })) }),
});

test("each import rule catches its breach", () => {
	const program = join(process.cwd(), "node_modules", "dependency-cruiser", "bin", "dependency-cruiser.mjs");
	const args = [program, "app", "components", "server", "db", "--config", config, "--output-type", "json"];
	// It ends with the number of breaches, which is what we want to see.
	const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
	const report = Report.parse(JSON.parse(stdout));
	const caught = new Set(report.summary.violations.map(({ from, rule }) => `${rule.name}: ${from}`));
	expect(Object.keys(breaches).toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
	for (const [name, [from]] of Object.entries(breaches)) expect(caught).toContain(`${name}: ${from}`);
});
