import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { entryFile } from "@/server/core/entry-file";
import { residentBytes } from "@/server/core/resident-bytes";
import { stepBack } from "@/server/core/step-back";
import { type GitAnswer, type GitTask, GitWord } from "./git-protocol";
import { SourceProblem } from "./kind";

const wallMs = 240_000;
const watchMs = 250;
const mostResident = 900 * 1024 * 1024;
const tooMuch =
	"Unpacking the repository needed too much memory or time. Choose a smaller one, or a branch with less in it.";

type Call = Extract<GitWord, { call: number }>;
type Hears = {
	signal: AbortSignal | undefined;
	/** Makes a call for it. */
	call: (call: Call) => Promise<Omit<GitAnswer, "call">>;
	hear: (word: Exclude<GitWord, Call | { end: true } | { failed: string }>) => Promise<void>;
	/** What a failure means for whoever set the source up. */
	explain: (failure: string, status: number | null) => string;
};

/**
 * Has a repository's bytes unpacked and read in a process of its own: it may write into that folder alone, holds no
 * environment, has no network, and is killed at its limits. Throws a SourceProblem with the reason.
 */
export async function runGit(task: GitTask, { signal, call, hear, explain }: Hears): Promise<void> {
	signal?.throwIfAborted();
	const child = await start(task.gitdir);
	const guard = watch(child, signal);
	try {
		const ended = once(child, "close");
		child.send({ task });
		await new Promise<void>((resolve, reject) => {
			// One word after the other: what is read is stored before the next is taken.
			let last = Promise.resolve();
			const take = async (message: unknown): Promise<void> => {
				const word = GitWord.parse(message);
				if ("end" in word) resolve();
				else if ("failed" in word) throw new SourceProblem(explain(word.failed, word.status));
				else if ("call" in word) child.send({ call: word.call, ...(await call(word)) });
				else await hear(word);
			};
			child.on("message", (message) => {
				last = last.then(() => take(message));
				last.catch(reject);
			});
			ended.then(() => last).then(() => reject(guard.failure() ?? new SourceProblem(tooMuch)), reject);
		});
	} catch (error) {
		throw guard.failure() ?? error;
	} finally {
		guard.end();
		child.kill("SIGKILL");
	}
}

async function start(gitdir: string): Promise<ChildProcess> {
	const script = realpathSync(await entryFile("git"));
	const packages = realpathSync(packageFolder(script));
	const args = [
		"--permission",
		...[script, join(packages, "*"), join(dirname(packages), "package.json"), gitdir, join(gitdir, "*")].map(
			(allowed) => `--allow-fs-read=${allowed}`,
		),
		...[gitdir, join(gitdir, "*")].map((allowed) => `--allow-fs-write=${allowed}`),
		"--max-old-space-size=400",
		"--disable-warning=SecurityWarning",
		"--disallow-code-generation-from-strings",
		script,
	];
	const child = spawn(process.execPath, args, {
		env: { NODE_ENV: "production" },
		cwd: dirname(packages),
		stdio: ["ignore", "ignore", "ignore", "ipc"],
		serialization: "advanced",
	});
	return stepBack(child);
}

/** The `node_modules` whose packages the script uses. */
function packageFolder(script: string): string {
	for (let at = dirname(script); ; at = dirname(at)) {
		if (at.endsWith("node_modules")) return at;
		if (existsSync(join(at, "node_modules"))) return join(at, "node_modules");
		if (at === dirname(at)) throw new Error(`No node_modules was found for ${script}`);
	}
}

function watch(child: ChildProcess, signal: AbortSignal | undefined) {
	let failure: Error | null = null;
	const kill = (reason: Error) => {
		failure ??= reason;
		child.kill("SIGKILL");
	};
	const late = setTimeout(() => kill(new SourceProblem(tooMuch)), wallMs);
	const memory = setInterval(async () => {
		const bytes = child.pid ? await residentBytes(child.pid) : null;
		if (bytes && bytes > mostResident) kill(new SourceProblem(tooMuch));
	}, watchMs);
	const abort = () => kill(new Error("Reading the repository was given up", { cause: signal?.reason }));
	if (signal?.aborted) abort();
	else signal?.addEventListener("abort", abort, { once: true });
	child.once("error", kill);
	return {
		failure: () => failure,
		end: () => {
			clearTimeout(late);
			clearInterval(memory);
			signal?.removeEventListener("abort", abort);
		},
	};
}
