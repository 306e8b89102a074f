import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** What git knows or would take in: no builds, no packages, nothing ignored. */
export function sourceFiles(...patterns: string[]): string[] {
	return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns], {
		encoding: "utf8",
	})
		.split("\n")
		.filter((path) => path !== "" && existsSync(path));
}
