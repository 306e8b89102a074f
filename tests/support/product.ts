import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { freePort } from "@/server/launch/postgres/cluster";
import { until } from "./until";

type Account = { uid: number; gid: number };
export type StartOptions = {
	/** Where its database, files and logs go. */
	data: string;
	/** The project's folder; the one under test when left out. */
	root?: string;
	port?: number;
	env?: Record<string, string>;
	args?: string[];
	/** Whom to run it as, when we are root. */
	account?: Account;
	/** Leave the data folder as it is: only its owner may enter a temporary one, and PostgreSQL's account then can't. */
	isClosed?: boolean;
	/** Start it as people do, through npm. */
	npm?: boolean;
};

/** A started product as a person at the terminal has it. */
export type Product = {
	url: string;
	data: string;
	/** The process that was started: npm where npm was asked for. */
	child: ChildProcess;
	/** Resolves with the one-time code (null once there is an owner) when it says that it is ready; rejects when it ends before. */
	ready: Promise<{ setupCode: string | null; ms: number }>;
	output: () => string;
	/** All processes that it started, by name: launcher, web, worker, postgres. */
	pids: () => Record<string, number>;
	/** Asks it to end; tells how it ended and how long that took. */
	stop: (signal?: NodeJS.Signals) => Promise<{ code: number | null; ms: number }>;
	ended: Promise<number | null>;
};

/** The machine's own Node, as on a fresh machine: not the one in the packages. */
function machinePath(): string {
	const own = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
	return own.some((folder) => existsSync(join(folder, "node"))) ? own.join(delimiter) : (process.env.PATH ?? "");
}

/** Runs `npm start` (or what it runs) with nothing in the environment but what is given. */
export async function startProduct(options: StartOptions): Promise<Product> {
	const { data, root = process.cwd(), args = [], account, npm = false } = options;
	const port = options.port ?? (await freePort());
	if (!options.isClosed && existsSync(data)) chmodSync(data, 0o755);
	const PATH = machinePath();
	const env = {
		NODE_ENV: "production",
		PATH,
		HOME: account ? data : (process.env.HOME ?? "/"),
		PORT: String(port),
		QD_DATA: data,
	};
	const words = npm ? ["npm", "start", "--", ...args] : ["node", join(root, "scripts", "start.mjs"), ...args];
	const [program = "node", ...rest] = words;
	const started = performance.now();
	const child = spawn(program, rest, {
		...account,
		cwd: root,
		env: { ...env, ...options.env } as NodeJS.ProcessEnv,
		// In a group of its own, as a shell does it.
		detached: true,
		stdio: ["ignore", "pipe", "pipe"],
	});
	let said = "";
	for (const stream of [child.stdout, child.stderr]) {
		stream?.on("data", (chunk) => {
			said += chunk;
		});
	}
	const ended = once(child, "close").then(() => child.exitCode);
	// The last line of what it says then; the code stands above it.
	const isReady = until(() => /stops it/.test(said) || child.exitCode !== null || child.signalCode !== null, 600_000);
	const ready = isReady.then(() => {
		if (!/stops it/.test(said)) throw new Error(`It ended with ${child.exitCode ?? child.signalCode}:\n${said}`);
		const setupCode = /one-time code:\s+(\S+)/.exec(said)?.[1] ?? null;
		return { setupCode, ms: performance.now() - started };
	});
	// Tests of what must not start look at `ended` instead.
	ready.catch(() => {});
	return {
		url: `http://127.0.0.1:${port}`,
		data,
		child,
		ready,
		output: () => said,
		pids: () => familyOf(child.pid ?? 0),
		stop: async (signal = "SIGTERM") => {
			const asked = performance.now();
			child.kill(signal);
			return { code: await ended, ms: performance.now() - asked };
		},
		ended,
	};
}

type Seen = { pid: number; parent: number; command: string };

/** Every living process of the machine. */
export function processes(): Seen[] {
	return readdirSync("/proc")
		.filter((name) => /^\d+$/.test(name))
		.flatMap((name) => {
			try {
				const stat = readFileSync(`/proc/${name}/stat`, "utf8");
				const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
				if (state === "Z") return [];
				const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
				return [{ pid: Number(name), parent: Number(parent), command }];
			} catch {
				return [];
			}
		});
}

/** The pid of each process below (and with) the given one, by what it is. */
export function familyOf(pid: number): Record<string, number> {
	const all = processes();
	const family: Record<string, number> = {};
	const visit = (one: Seen) => {
		const name = /quarterdeck-(web|worker)/.exec(one.command)?.[1] ?? /\/bin\/(postgres) -D/.exec(one.command)?.[1];
		// Its own child bears its command too until it has become another program: the parent comes first and stays.
		if (name) family[name] ??= one.pid;
		else if (one.command.includes("start.mjs")) family.launcher ??= one.pid;
		for (const child of all) if (child.parent === one.pid) visit(child);
	};
	const first = all.find((one) => one.pid === pid);
	if (first) visit(first);
	return family;
}

export async function answers(product: Product, path = "/readyz"): Promise<boolean> {
	const response = await fetch(product.url + path, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
	return response?.ok ?? false;
}
