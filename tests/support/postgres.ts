import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mayEnter, postgresAccount } from "@/server/launch/postgres/account";
import {
	type Cluster,
	clusterUrl,
	freePort,
	initialise,
	postmaster,
	runAs,
	settingArguments,
} from "@/server/launch/postgres/cluster";
import { canRun, copiedPrograms, packagedPrograms, programFile } from "@/server/launch/postgres/programs";

/** A PostgreSQL that lives as long as the tests, and the temporary folder that it and they use. */
export type TestPostgres = { folder: string; url: (database: string) => string; stop: () => Promise<void> };

const quick = {
	listen_addresses: "127.0.0.1",
	unix_socket_directories: "",
	max_connections: 200,
	shared_buffers: "128MB",
	fsync: "off",
	synchronous_commit: "off",
	full_page_writes: "off",
	autovacuum: "off",
	jit: "off",
};

/** With `kept`, what stands in that folder is there again the next time. */
export async function startTestPostgres(
	settings: Record<string, string | number> = quick,
	kept?: string,
): Promise<TestPostgres> {
	const account = postgresAccount();
	const folder =
		kept ?? (await mkdtemp(join((await mayEnter(tmpdir(), account)) ? tmpdir() : "/var/tmp", "quarterdeck-test-")));
	// Both guards read from us: however this process ends, even by kill -9, the server stops and the folder goes.
	const sweeper = guard(
		`cat > /dev/null; while [ -e "$1/postgres/data/postmaster.pid" ]; do sleep 0.1; done; [ -z "$2" ] || rm -rf -- "$2"`,
		[folder, kept ? "" : folder],
	);
	const home = join(folder, "postgres");
	await mkdir(home, { recursive: true });
	await chmod(folder, 0o711);
	if (account) await chown(home, account.uid, account.gid);

	const packaged = await packagedPrograms(process.cwd());
	const programs = (await canRun(packaged, account)) ? packaged : await copiedPrograms(packaged, home);
	const cluster: Cluster = { programs, data: join(home, "data"), account };
	const passwordFile = join(folder, "password");
	const isThere = existsSync(passwordFile);
	const password = isThere ? await readFile(passwordFile, "utf8") : randomBytes(16).toString("hex");
	if (!isThere) await initialise(cluster, password);
	// Only once it is whole: a half-made one is no use to anybody.
	await writeFile(passwordFile, password, { mode: 0o600 });
	const port = await freePort();
	const server = guard(
		`"$@" 2> "$PWD/log" & server=$!; cat > /dev/null; kill -INT $server; wait $server`,
		[programFile(programs, "postgres"), "-D", cluster.data, "-p", String(port), ...settingArguments(settings)],
		runAs(cluster),
	);
	await ready(cluster.data, server);
	return {
		folder,
		url: (database) => clusterUrl(port, password, database),
		stop: async () => {
			await released(server);
			await released(sweeper);
		},
	};
}

/** A shell in a session of its own, where Ctrl-C does not reach it, that ends when its standard input does. */
function guard(script: string, args: string[], options = {}): ChildProcess {
	return spawn("/bin/sh", ["-c", script, "guard", ...args], {
		...options,
		detached: true,
		stdio: ["pipe", "ignore", "inherit"],
	});
}

async function released(child: ChildProcess): Promise<void> {
	if (child.exitCode !== null) return;
	const end = once(child, "exit");
	child.stdin?.end();
	await end;
}

async function ready(data: string, server: ChildProcess): Promise<void> {
	for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
		if ((await postmaster(data))?.isReady) return;
		if (server.exitCode !== null) break;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	throw new Error(`The PostgreSQL for tests did not start: see ${data}/log`);
}
