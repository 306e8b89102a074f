import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestProject } from "vitest/node";
import { sourceFiles } from "@/tests/support/source-files";

declare module "vitest" {
	interface ProvidedContext {
		/** A built copy of the project, in a folder whose name has spaces. Nobody edits it while the tests run. */
		project: string;
	}
}

/** A copy of the project as it is now, built. Its packages are the same files by other names, so it takes seconds. */
export function copyProject(to: string): void {
	for (const path of sourceFiles()) cpSync(path, join(to, path), { recursive: true });
	for (const built of ["dist", ".next"]) {
		// Its links to packages lead from where they are.
		if (existsSync(built)) cpSync(built, join(to, built), { recursive: true, verbatimSymlinks: true });
	}
	execFileSync("cp", [process.platform === "linux" ? "-al" : "-R", "node_modules", to]);
}

export default function setup(project: TestProject): () => void {
	const parent = mkdtempSync(join(tmpdir(), "quarterdeck copy "));
	const copy = join(parent, "quarter deck");
	copyProject(copy);
	execFileSync(process.execPath, [join(copy, "scripts", "build.mjs")], { stdio: "inherit" });
	project.provide("project", copy);
	return () => rmSync(dirname(copy), { recursive: true, force: true });
}
