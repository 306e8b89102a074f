import { type SpawnOptions, spawn } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { chmod, chown, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { LaunchProblem } from "../problem";
import type { Account } from "./account";
import { programFile } from "./programs";

/** A PostgreSQL of our own: where its programs and its data lie, and whom it runs as. */
export type Cluster = { programs: string; data: string; account: Account | null };

export const superuser = "quarterdeck";

/** The locale decides what counts as a letter in full-text search: under plain `C` a dash or a curly quote would. */
const letterLocales = process.platform === "win32" ? ["C"] : ["C.UTF-8", "en_US.UTF-8", "C"];

/** Makes the data folder, which must not exist or be empty. */
export async function initialise(cluster: Cluster, password: string): Promise<void> {
	await mkdir(cluster.data, { recursive: true });
	await chmod(cluster.data, 0o700);
	const passwordFile = join(dirname(cluster.data), `password-${randomBytes(6).toString("hex")}`);
	await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
	if (cluster.account) {
		await chown(cluster.data, cluster.account.uid, cluster.account.gid);
		await chown(passwordFile, cluster.account.uid, cluster.account.gid);
	}
	try {
		const failures: string[] = [];
		for (const locale of letterLocales) {
			const failure = await runInitdb(cluster, passwordFile, locale);
			if (failure === null) return;
			failures.push(failure);
		}
		throw new LaunchProblem(
			`PostgreSQL's data folder ${cluster.data} could not be made: ${lastLine(failures[0] ?? "")}`,
		);
	} finally {
		await rm(passwordFile, { force: true });
	}
}

/** Null when it went well, else what it said. */
function runInitdb(cluster: Cluster, passwordFile: string, letters: string): Promise<string | null> {
	return new Promise((resolve, reject) => {
		const child = spawn(
			programFile(cluster.programs, "initdb"),
			[
				...["--pgdata", cluster.data, "--username", superuser, "--pwfile", passwordFile, "--auth", "scram-sha-256"],
				...["--encoding", "UTF8", "--locale", "C", "--lc-ctype", letters],
				...["--locale-provider", "builtin", "--builtin-locale", "PG_UNICODE_FAST", "--no-instructions"],
			],
			{ ...runAs(cluster), stdio: ["ignore", "ignore", "pipe"] },
		);
		let said = "";
		child.stderr?.on("data", (chunk) => {
			said += chunk;
		});
		child.on("error", reject);
		child.on("close", (code) => resolve(code === 0 ? null : said || `initdb ended with ${code}`));
	});
}

/** What every start of a program of PostgreSQL needs: its account, and a folder that this account may enter. */
export function runAs({ account, data }: Cluster): Pick<SpawnOptions, "uid" | "gid" | "cwd" | "env"> {
	return { ...account, cwd: data, env: { NODE_ENV: "production", PATH: "/usr/bin:/bin", LC_ALL: "C" } };
}

export const settingArguments = (settings: Record<string, string | number>): string[] =>
	Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);

/** PostgreSQL's own note about its running server: null when it has none, or one that says nothing. */
export async function postmaster(data: string): Promise<{ pid: number; port: number; isReady: boolean } | null> {
	const text = await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "");
	const [pid, , , port, , , , status] = text.split("\n");
	if (!Number(pid)) return null;
	return { pid: Number(pid), port: Number(port), isReady: status?.trim() === "ready" };
}

/**
 * A port of this machine that nobody listens on. Below those that Linux (from 32768) and others (from 49152) give to whoever asks
 * for any: one of these can be somebody's before we listen on it, even that of a connection to it itself.
 */
export async function freePort(): Promise<number> {
	for (let tries = 0; tries < 100; tries++) {
		const port = randomInt(20_000, 32_000);
		if (await isFree(port)) return port;
	}
	throw new Error("no free port between 20000 and 32000");
}

const isFree = (port: number): Promise<boolean> =>
	new Promise((resolve) => {
		const probe = createServer();
		probe.on("error", () => resolve(false));
		probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
	});

export const clusterUrl = (port: number, password: string, name: string): string =>
	`postgres://${superuser}:${encodeURIComponent(password)}@127.0.0.1:${port}/${name}`;

export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
