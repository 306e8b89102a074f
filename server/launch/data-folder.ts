import { randomBytes } from "node:crypto";
import { access, constants, mkdir, readFile, rename, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LaunchProblem } from "./problem";

const neededMb = 300;

/** Makes the folder that holds everything, and stops where it can't be written or the disk has no room to work in. */
export async function openDataFolder(folder: string): Promise<void> {
	await mkdir(join(folder, "logs"), { recursive: true, mode: 0o755 });
	await access(folder, constants.W_OK);
	const { bavail, bsize } = await statfs(folder);
	const freeMb = Math.floor((bavail * bsize) / 1024 ** 2);
	if (freeMb < neededMb) {
		throw new LaunchProblem(
			`The disk is full: ${freeMb} MB are free where ${folder} lies. Free at least ${neededMb} MB, or set QD_DATA to a folder on another disk.`,
		);
	}
}

const Secrets = z.looseObject({ QD_AUTH_SECRET: z.string().min(32), databasePassword: z.string().min(16) });
export type Secrets = z.infer<typeof Secrets>;

/** What nobody had to choose: made at the first start, then kept where only this account reads it. */
export async function readSecrets(folder: string): Promise<Secrets> {
	const file = join(folder, "secrets.json");
	const text = await readFile(file, "utf8").catch((error) => {
		if (error.code === "ENOENT") return null;
		throw error;
	});
	if (text === null) {
		const made = { QD_AUTH_SECRET: randomBytes(32).toString("hex"), databasePassword: randomBytes(24).toString("hex") };
		await writeFile(`${file}.new`, `${JSON.stringify(made, null, "\t")}\n`, { mode: 0o600 });
		await rename(`${file}.new`, file);
		return made;
	}
	const kept = Secrets.safeParse(parsed(text));
	if (kept.success) return kept.data;
	throw new LaunchProblem(
		`${file} is damaged: put it back from a backup. Without it the database in ${folder} can't be opened.`,
	);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}
