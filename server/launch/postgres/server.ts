import { type ChildProcess, spawn } from "node:child_process";
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LogFile } from "../log-file";
import { LaunchProblem } from "../problem";
import { commandOf, pause } from "../processes";
import { type Cluster, freePort, initialise, postmaster, runAs, settingArguments } from "./cluster";
import { programFile } from "./programs";

const major = "18";

/** Small: one machine, bounded pools. Loopback only, no socket file. */
export const serverSettings = {
	listen_addresses: "127.0.0.1",
	unix_socket_directories: "",
	max_connections: 60,
	shared_buffers: "64MB",
	work_mem: "8MB",
	maintenance_work_mem: "64MB",
	effective_cache_size: "512MB",
	max_wal_size: "512MB",
	io_method: "sync",
	max_worker_processes: 4,
	max_parallel_workers: 2,
	max_logical_replication_workers: 0,
	max_wal_senders: 0,
	autovacuum_max_workers: 2,
	jit: "off",
	log_checkpoints: "off",
	log_min_messages: "warning",
	cluster_name: "quarterdeck",
};

/** Makes the data folder where there is none. A half-made one never bears its name, so it is simply made again. */
export async function expectData(cluster: Cluster, password: string): Promise<"made" | "there"> {
	if (await stat(cluster.data).catch(() => null)) {
		const version = await readFile(join(cluster.data, "PG_VERSION"), "utf8").catch(() => null);
		if (version === null) throw damaged(cluster, "PG_VERSION is missing");
		if (version.trim() === major) return "there";
		throw new LaunchProblem(
			`${cluster.data} was made by PostgreSQL ${version.trim()}, and this version brings ${major}: restore a backup into an empty folder.`,
		);
	}
	const half = `${cluster.data}.half`;
	await rm(half, { recursive: true, force: true });
	await initialise({ ...cluster, data: half }, password);
	await rename(half, cluster.data);
	return "made";
}

/** Starts the server on the port and waits until it takes connections; what it says goes to the log. */
export async function startServer(cluster: Cluster, port: number, log: LogFile): Promise<ChildProcess> {
	await stopLeftover(cluster);
	const from = log.recent.length;
	const child = spawn(
		programFile(cluster.programs, "postgres"),
		["-D", cluster.data, "-p", String(port), ...settingArguments(serverSettings)],
		// In a session of its own, where Ctrl-C does not reach it: it has to end last.
		{ ...runAs(cluster), detached: true, stdio: ["ignore", "ignore", "pipe"] },
	);
	if (child.stderr) log.follow(child.stderr);
	const failed = new Promise<string>((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("close", (code) => resolve(fatalLine(log.recent.slice(from)) ?? `it ended with ${code}`));
	});
	let isOver: string | null = null;
	void failed.then((why) => {
		isOver = why;
	});
	while (isOver === null) {
		const state = await postmaster(cluster.data);
		if (state?.pid === child.pid && state?.isReady) return child;
		await pause(15);
	}
	throw startProblem(cluster, isOver);
}

/** A port of its own, and another one should somebody take that in the meantime. Dying backends of a killed server need a moment. */
export async function startFirst(cluster: Cluster, log: LogFile): Promise<{ child: ChildProcess; port: number }> {
	for (const deadline = Date.now() + 20_000; ; await pause(200)) {
		const port = await freePort();
		try {
			return { child: await startServer(cluster, port, log), port };
		} catch (error) {
			const said = error instanceof Error ? error.message : "";
			const passes = /could not (bind|create any TCP)|still in use|shared memory/i.test(said);
			if (!passes || Date.now() > deadline) throw error;
		}
	}
}

/** A server that outlived its launcher is stopped; one that only its note remembers is no hindrance. */
export async function stopLeftover(cluster: Cluster): Promise<void> {
	const left = await postmaster(cluster.data);
	if (!left) return;
	if (!(await isServerOf(left.pid, cluster))) return forgetStranger(cluster, left.pid);
	for (const [signal, ms] of [
		["SIGINT", 6_000],
		["SIGQUIT", 3_000],
		["SIGKILL", 3_000],
	] as const) {
		process.kill(left.pid, signal);
		for (const deadline = Date.now() + ms; Date.now() < deadline; await pause(20)) {
			if (!(await isServerOf(left.pid, cluster))) return;
		}
	}
	throw new LaunchProblem(`PostgreSQL of an earlier start does not end: stop process ${left.pid}, then start again.`);
}

const isServerOf = async (pid: number, { data }: Cluster): Promise<boolean> => (await commandOf(pid)).includes(data);

/**
 * Another program may bear the number by now, and PostgreSQL would take it for its server. The note must stay, as it also says
 * which shared memory to look for; under the number of the parent (ours) PostgreSQL knows that it is stale.
 */
async function forgetStranger({ data }: Cluster, pid: number): Promise<void> {
	const file = join(data, "postmaster.pid");
	const text = await readFile(file, "utf8").catch(() => null);
	if (text?.startsWith(`${pid}\n`)) await writeFile(file, text.replace(String(pid), String(process.pid)));
}

function startProblem(cluster: Cluster, said: string): LaunchProblem {
	if (/no space left|disk full/i.test(said)) {
		return new LaunchProblem(
			`The disk is full: PostgreSQL can't open ${cluster.data}. Free some space, then start again.`,
		);
	}
	const isOurs = /could not (bind|create any TCP)|still in use|memory|semaphore|permission|ownership|wrong owner/i.test(
		said,
	);
	return isOurs ? new LaunchProblem(`PostgreSQL did not start on ${cluster.data}: ${said}`) : damaged(cluster, said);
}

const damaged = ({ data }: Cluster, why: string) =>
	new LaunchProblem(
		`The database in ${data} is damaged (${why}): restore it from a backup, or move the folder away to begin with an empty one.`,
	);

const fatalLine = (lines: string[]): string | undefined =>
	lines
		.filter((line) => /\b(FATAL|PANIC|could not|invalid)\b/.test(line))
		.at(0)
		?.replace(/^.*?(FATAL|PANIC|LOG|postgres):\s*/, "");
