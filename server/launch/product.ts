import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { childEnvironment, type Env } from "@/server/core/env";
import { appUrl } from "./app-role";
import { openDataFolder, readSecrets, type Secrets } from "./data-folder";
import { watchDemo } from "./demo-filling";
import { hear, lastWord } from "./errand";
import { LogFile } from "./log-file";
import { memoryFlags } from "./memory";
import type { Message } from "./messages";
import type { LaunchOptions } from "./options";
import { expectFreePort } from "./ports";
import { type Cluster, clusterUrl } from "./postgres/cluster";
import { findCluster } from "./postgres/place";
import { expectData, startFirst, startServer, stopLeftover } from "./postgres/server";
import { LaunchProblem } from "./problem";
import { endLeftovers, pause, rememberProcesses } from "./processes";
import { Supervisor } from "./supervisor";
import { errorTeller } from "./tellers";

const readyMs = 90_000;
/** Longest that an end may take: web and worker, then PostgreSQL with what is left of all. */
const stopMs = { parts: 6_000, all: 9_000 };

type Prepared = Extract<Message, { kind: "prepared" }>;

/** All processes of one installation: PostgreSQL, the worker, the web server. */
export class Product {
	readonly url: string;
	readonly logs: string;
	isEnding = false;
	private readonly folder: string;
	private readonly parts: Supervisor[] = [];
	private cluster: Cluster | null = null;
	private demo: ChildProcess | null = null;
	private environment: Record<string, string> = {};
	private starting: Promise<string | null> | null = null;
	private problem: LaunchProblem | null = null;
	/** Next's own server for developing doesn't say so. */
	private isListening = false;

	constructor(
		private readonly options: LaunchOptions,
		private readonly env: Env,
	) {
		this.folder = resolve(options.root, env.QD_DATA);
		this.logs = join(this.folder, "logs");
		this.url = env.QD_URL ?? `http://localhost:${env.PORT}`;
	}

	/** Resolves when people can work, with the code for making the owner's account while there is none. */
	start(): Promise<string | null> {
		this.starting = this.startAll();
		return this.starting;
	}

	private async startAll(): Promise<string | null> {
		const { stage } = this.options;
		await openDataFolder(this.folder);
		await endLeftovers(this.folder);
		await expectFreePort(this.env.QD_HOST, this.env.PORT);
		const secrets = await readSecrets(this.folder);
		if (this.env.DATABASE_URL) this.environment.DATABASE_URL = this.env.DATABASE_URL;
		else await stage("database", () => this.startPostgres(secrets));
		this.environment = {
			...this.environment,
			QD_AUTH_SECRET: this.env.QD_AUTH_SECRET ?? secrets.QD_AUTH_SECRET,
			QD_DATA: this.folder,
			QD_LOG_LEVEL: this.env.QD_LOG_LEVEL,
			NODE_ENV: this.options.dev ? "development" : "production",
			NEXT_TELEMETRY_DISABLED: "1",
			...(this.env.QD_URL ? { NEXTAUTH_URL: this.env.QD_URL } : { AUTH_TRUST_HOST: "1" }),
		};
		const { setupCode } = await stage("migrate", () => this.prepare());
		// Whoever migrates owns all of it; who serves people reads and writes rows, and no more.
		const { DATABASE_URL } = this.environment;
		if (!this.env.DATABASE_URL && DATABASE_URL) this.environment.DATABASE_URL = appUrl(DATABASE_URL);
		await stage("worker", () => this.startPart("worker", [join(this.options.root, "dist", "worker.mjs")]));
		await stage("web", async () => {
			await this.startPart("web", this.webCommand());
			await this.expectReady();
		});
		if (!this.options.demo) return setupCode;
		// It makes an owner where there is none, with a code of its own.
		const lines = await stage("demo", (show) => this.fillDemo(show), "making people");
		console.log(lines.join("\n"));
		return null;
	}

	private async startPostgres(secrets: Secrets): Promise<"made" | ""> {
		const cluster = await findCluster(this.options.root, this.folder);
		this.cluster = cluster;
		const data = await expectData(cluster, secrets.databasePassword);
		this.refuseWhenEnding();
		const log = this.logFile("postgres");
		const first = await startFirst(cluster, log);
		let newborn: ChildProcess | null = first.child;
		const start = async () => {
			const child = newborn ?? (await startServer(cluster, first.port, log));
			newborn = null;
			return child;
		};
		await this.keep("postgres", "SIGINT", start);
		this.environment.DATABASE_URL = clusterUrl(first.port, secrets.databasePassword, "quarterdeck");
		return data === "made" ? "made" : "";
	}

	/** Runs what brings the database up to this version, in a process of its own that ends. */
	private async prepare(): Promise<Prepared> {
		this.refuseWhenEnding();
		const log = this.logFile("prepare");
		const own = this.env.DATABASE_URL ? [] : ["--own"];
		const child = this.spawnNode("prepare", [join(this.options.root, "dist", "prepare.mjs"), ...own], log);
		const answer = await lastWord(child);
		if (answer?.kind === "prepared") return answer;
		const why = answer?.kind === "problem" ? answer.message : null;
		throw new LaunchProblem(why ?? `The database could not be prepared: see ${log.path}.`);
	}

	private async fillDemo(show: (hint: string) => void): Promise<string[]> {
		this.refuseWhenEnding();
		this.demo = this.spawnNode("demo", [join(this.options.root, "dist", "demo.mjs")], this.logFile("demo"));
		return watchDemo(this.demo, show);
	}

	private webCommand(): string[] {
		if (!this.options.dev) return [join(this.options.root, "dist", "web.mjs")];
		const next = join(this.options.root, "node_modules", "next", "dist", "bin", "next");
		return [next, "dev", "--port", String(this.env.PORT), "--hostname", this.env.QD_HOST];
	}

	private async startPart(name: "worker" | "web", words: string[]): Promise<void> {
		this.refuseWhenEnding();
		const log = this.logFile(name);
		await this.keep(name, "SIGTERM", async () => {
			const child = this.spawnNode(name, words, log);
			hear(child, (message) => this.heed(message));
			return child;
		});
	}

	private heed(message: Message): void {
		if (message.kind === "listening") this.isListening = true;
		if (message.kind !== "problem") return;
		this.problem = new LaunchProblem(message.message);
		console.error(`  ! ${message.message}`);
	}

	private spawnNode(name: string, words: string[], log: LogFile): ChildProcess {
		const child = spawn(this.options.node, [...memoryFlags, `--title=quarterdeck-${name}`, ...words], {
			cwd: this.options.root,
			// What was compiled once is not again: a third of the time until the console answers. Each build makes it anew.
			env: childEnvironment({ ...this.environment, NODE_COMPILE_CACHE: join(this.options.root, "dist", "compiled") }),
			stdio: ["ignore", "pipe", "pipe", "ipc"],
			windowsHide: true,
		});
		if (child.stdout) log.follow(child.stdout);
		if (child.stderr) log.follow(child.stderr);
		child.on("error", (error) => log.write(error.message));
		return child;
	}

	private async keep(name: string, stopSignal: NodeJS.Signals, start: () => Promise<ChildProcess>): Promise<void> {
		const supervisor = new Supervisor({
			name,
			stopSignal,
			// PostgreSQL takes this for an order to drop everything at once.
			killSignal: name === "postgres" ? "SIGQUIT" : "SIGKILL",
			start,
			onBirth: () => void this.remember(),
			onDeath: (how) =>
				console.log(`  ! ${name} ended (${how}) and is started again; see ${join(this.logs, `${name}.log`)}`),
		});
		this.parts.push(supervisor);
		await supervisor.start();
	}

	/** PostgreSQL leaves a note of its own. */
	private remember(): Promise<void> {
		const pids = this.parts.filter(({ part }) => part.name !== "postgres").map(({ child }) => child?.pid ?? 0);
		return rememberProcesses(this.folder, pids).catch(() => {});
	}

	private async expectReady(): Promise<void> {
		const host = { "0.0.0.0": "127.0.0.1", "::": "[::1]" }[this.env.QD_HOST] ?? this.env.QD_HOST;
		let last = "it does not answer";
		for (const deadline = Date.now() + readyMs; Date.now() < deadline; await pause(25)) {
			this.refuseWhenEnding();
			if (this.problem) throw this.problem;
			// Asked before, a connection to a port that nobody has may be given that very port as its own, and keep us from it.
			if (!this.isListening && !this.options.dev) continue;
			try {
				const response = await fetch(`http://${host}:${this.env.PORT}/readyz`, { signal: AbortSignal.timeout(10_000) });
				if (response.ok) return;
				last = (await response.text()).slice(0, 300);
			} catch {
				// It ended, or is Next's own, which listens later.
			}
		}
		throw new LaunchProblem(`Quarterdeck did not become ready within ${readyMs / 1000} s (${last}): see ${this.logs}.`);
	}

	private refuseWhenEnding(): void {
		if (this.isEnding) throw new LaunchProblem("The start was interrupted.");
	}

	private logFile(name: string): LogFile {
		const path = join(this.logs, `${name}.log`);
		return new LogFile(path, errorTeller(name, path));
	}

	restartWorker(): void {
		this.parts.find(({ part }) => part.name === "worker")?.restart();
	}

	/** Web and worker first, as both need the database; then PostgreSQL, also one that was only just being born. */
	async stop(): Promise<void> {
		this.isEnding = true;
		const deadline = performance.now() + stopMs.all;
		this.demo?.kill();
		const users = this.parts.filter(({ part }) => part.name !== "postgres");
		await Promise.all(users.map((supervisor) => supervisor.stop(stopMs.parts)));
		await this.starting?.catch(() => {});
		const rest = this.parts.filter((supervisor) => !users.includes(supervisor));
		await Promise.all(rest.map((supervisor) => supervisor.stop(deadline - performance.now())));
		if (this.cluster) await stopLeftover(this.cluster);
		await rememberProcesses(this.folder, []).catch(() => {});
	}

	/** At once. PostgreSQL mends itself at the next start. */
	async kill(): Promise<void> {
		for (const supervisor of this.parts) supervisor.kill();
		this.demo?.kill("SIGKILL");
		await pause(200);
		if (this.cluster) await stopLeftover(this.cluster);
	}
}
