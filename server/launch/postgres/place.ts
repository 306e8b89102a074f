import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { chmod, chown, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LaunchProblem } from "../problem";
import { type Account, mayEnter, postgresAccount } from "./account";
import type { Cluster } from "./cluster";
import { canRun, copiedPrograms, packagedPrograms } from "./programs";

const reachablePlace = "/var/lib/quarterdeck";
const Place = z.object({ folder: z.string() });

/**
 * Where PostgreSQL's data and programs lie: in our own folders, or, where its account can't enter those (such as below /root),
 * in a folder under /var/lib that `postgres.json` in the data folder remembers.
 */
export async function findCluster(root: string, dataFolder: string): Promise<Cluster> {
	let home = (await rememberedHome(dataFolder)) ?? dataFolder;
	const there = await stat(join(home, "postgres")).catch(() => null);
	const account = accountFor(there, join(home, "postgres"));
	if (!(await mayEnter(home, account))) {
		const reachable = await newHome(dataFolder, account);
		// The project moved to where the account can't follow.
		if (there) await move(join(home, "postgres"), join(reachable, "postgres"));
		home = reachable;
	}
	const data = join(home, "postgres");
	if (there?.uid === 0 && account) await giveAll(data, account);
	const packaged = await packagedPrograms(root);
	const programs = (await canRun(packaged, account)) ? packaged : await copiedPrograms(packaged, home);
	return { programs, data, account };
}

async function move(from: string, to: string): Promise<void> {
	await rename(from, to).catch(async (error) => {
		if (error.code !== "EXDEV") throw error;
		await cp(from, `${to}.half`, { recursive: true, preserveTimestamps: true });
		await rename(`${to}.half`, to);
		await rm(from, { recursive: true });
	});
}

/** Data that is there belongs to somebody: root lends itself to that account, others must be it. */
function accountFor(there: Stats | null, data: string): Account | null {
	const own = process.getuid?.();
	if (!there || own === undefined || there.uid === own) return postgresAccount();
	if (own === 0) return { uid: there.uid, gid: there.gid };
	throw new LaunchProblem(
		`${data} belongs to another account (it was started as root, perhaps): start as that one again, or give it to this one with chown -R.`,
	);
}

async function rememberedHome(dataFolder: string): Promise<string | null> {
	const note = join(dataFolder, "postgres.json");
	const text = await readFile(note, "utf8").catch(() => null);
	if (text === null) return null;
	const { folder } = Place.parse(JSON.parse(text));
	const owner = await readFile(join(folder, "belongs-to"), "utf8").catch(() => null);
	if (owner === null) {
		throw new LaunchProblem(
			`The database of ${dataFolder} lay in ${folder}, which is gone: restore it from a backup, or remove ${note} to begin with an empty one.`,
		);
	}
	if (owner === dataFolder) return folder;
	if (await stat(join(owner, "postgres.json")).catch(() => null)) {
		throw new LaunchProblem(
			`${dataFolder} is a copy of ${owner}, and both would use the database in ${folder}: remove ${note} to begin with an empty one here.`,
		);
	}
	await writeFile(join(folder, "belongs-to"), dataFolder);
	return folder;
}

async function newHome(dataFolder: string, account: Account | null): Promise<string> {
	const folder = join(reachablePlace, randomBytes(6).toString("hex"));
	await mkdir(folder, { recursive: true });
	await chmod(reachablePlace, 0o755);
	await chmod(folder, 0o755);
	if (!(await mayEnter(folder, account))) {
		throw new LaunchProblem(
			`PostgreSQL's account may not enter ${reachablePlace}: set DATABASE_URL to a PostgreSQL of yours.`,
		);
	}
	await writeFile(join(folder, "belongs-to"), dataFolder);
	await writeFile(join(dataFolder, "postgres.json"), JSON.stringify({ folder }));
	return folder;
}

async function giveAll(folder: string, { uid, gid }: Account): Promise<void> {
	await chown(folder, uid, gid);
	for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
		await chown(join(entry.parentPath, entry.name), uid, gid);
	}
}
