import { type ChildProcessByStdio, type SpawnOptionsWithStdioTuple, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { entryFile } from "@/server/core/entry-file";
import { residentBytes } from "@/server/core/resident-bytes";
import { stepBack } from "@/server/core/step-back";
import type { Dropped } from "../contract";
import { UnreadableFile, unreadable } from "./failure";
import { mostText, type ParsedPage } from "./page";
import { ChildLine } from "./protocol";
import { cleanLine } from "./text";

export type ContainedFile = { name: string; content: Buffer };
/** `scans`: pages that are pictures, whose text is recognised by `recogniseScans`. */
type ParsedFile = { pages: ParsedPage[]; scans: number[]; links: string[]; dropped: Dropped[] };
export type ParseLimits = { wallMs: number; residentBytes: number; heapMb: number; outputBytes: number };
type Options = {
	signal?: AbortSignal;
	limits?: Partial<ParseLimits>;
	/** Takes the files that came in this one, one after the other. */
	onFile?: (file: ContainedFile) => Promise<void>;
};
/** The file to read, as what, and of which pages the text is to be recognised; of none where the list is empty. `isShown`: as a picture. */
type Task = { path: string; mediaType: string; scans: number[]; isShown?: boolean };

const megabyte = 1024 * 1024;
const defaults: ParseLimits = {
	wallMs: 30_000,
	residentBytes: 512 * megabyte,
	heapMb: 400,
	// An archive's 100 MB, written in base64.
	outputBytes: 160 * megabyte,
};
const watchMs = 50;

/**
 * Reads a stranger's file in a process of its own, which may read that file and the packages, holds no environment, and is
 * killed at its limits. Throws an UnreadableFile with the reason for whoever uploaded it.
 */
export const parseFile = (path: string, mediaType: string, options: Options = {}): Promise<ParsedFile> =>
	runChild({ path: resolve(path), mediaType, scans: [] }, options);

/** The text of scanned pages of a PDF, in the same way; the limit of time is for each page. */
export async function recogniseScans(path: string, scans: number[], options: Options = {}): Promise<ParsedPage[]> {
	const { pages } = await runChild({ path: resolve(path), mediaType: "application/pdf", scans }, options);
	return pages;
}

/** A picture made ready to be shown to a model, in the same way: a JPEG. */
export async function preparePicture(path: string, mediaType: string, options: Options = {}): Promise<Buffer> {
	const made: Buffer[] = [];
	const onFile = async ({ content }: ContainedFile) => void made.push(content);
	await runChild({ path: resolve(path), mediaType, scans: [], isShown: true }, { ...options, onFile });
	const [picture] = made;
	if (!picture) throw unreadable("crashed");
	return picture;
}

async function runChild(task: Task, { signal, limits, onFile }: Options): Promise<ParsedFile> {
	signal?.throwIfAborted();
	const limit = { ...defaults, ...limits };
	const child = await start(task, limit);
	const guard = watch(child, limit, signal);
	const taker = new FileTaker(onFile);
	try {
		const ended = once(child, "close");
		const lines: ChildLine[] = [];
		for await (const line of readLines(child.stdout, limit)) {
			if (task.scans.length > 0) guard.again();
			if ("file" in line || "part" in line) await taker.take(line);
			else lines.push(line);
		}
		await ended;
		const read = finish(child, lines, guard.failure());
		await taker.end();
		return read;
	} catch (error) {
		child.kill("SIGKILL");
		throw guard.failure() ?? error;
	} finally {
		guard.end();
	}
}

/** Puts the parts of a contained file together and hands it on when the next begins. */
class FileTaker {
	private name: string | null = null;
	private parts: Buffer[] = [];

	constructor(private readonly onFile: Options["onFile"]) {}

	async take(line: { file: string } | { part: string }): Promise<void> {
		if ("part" in line) {
			if (this.onFile) this.parts.push(Buffer.from(line.part, "base64"));
			return;
		}
		await this.end();
		this.name = line.file;
	}

	async end(): Promise<void> {
		const [name, content] = [this.name, Buffer.concat(this.parts)];
		this.name = null;
		this.parts = [];
		if (name !== null) await this.onFile?.({ name: cleanLine(name), content });
	}
}

type Parser = ChildProcessByStdio<Writable, Readable, null>;

async function start({ path, mediaType, scans, isShown }: Task, limit: ParseLimits): Promise<Parser> {
	// Node asks its permissions about real paths, so links are followed first.
	const script = realpathSync(await entryFile("parser"));
	const packages = realpathSync(packageFolder(script));
	const args = [
		"--permission",
		...[path, script, join(packages, "*"), join(dirname(packages), "package.json")].map(
			(allowed) => `--allow-fs-read=${allowed}`,
		),
		// Pictures are decoded and drawn by native code, which only those who read pictures may load.
		...(mediaType.startsWith("image/") || scans.length > 0 ? ["--allow-addons"] : []),
		`--max-old-space-size=${limit.heapMb}`,
		"--disable-warning=SecurityWarning",
		"--disallow-code-generation-from-strings",
		script,
		path,
		mediaType,
		isShown ? "show" : scans.join(","),
	];
	const options: SpawnOptionsWithStdioTuple<"pipe", "pipe", "ignore"> = {
		env: { NODE_ENV: "production", VIPS_BLOCK_UNTRUSTED: "1", VIPS_CONCURRENCY: "1", OMP_THREAD_LIMIT: "1" },
		cwd: dirname(packages),
		stdio: ["pipe", "pipe", "ignore"],
	};
	if (process.platform === "win32") return stepBack(spawn(process.execPath, args, options));
	// The kernel's own limits hold even when we are killed meanwhile: CPU seconds, no file writes, no core dumps.
	const cpuSeconds = Math.ceil(limit.wallMs / 1000) * 2 * Math.max(1, scans.length);
	const shell = `ulimit -t ${cpuSeconds} -f 0 -c 0 2>/dev/null; exec "$0" "$@"`;
	return stepBack(spawn("/bin/sh", ["-c", shell, process.execPath, ...args], options));
}

/** The `node_modules` whose packages the script uses. */
function packageFolder(script: string): string {
	for (let at = dirname(script); ; at = dirname(at)) {
		if (at.endsWith("node_modules")) return at;
		if (existsSync(join(at, "node_modules", "pdfjs-dist"))) return join(at, "node_modules");
		if (at === dirname(at)) throw new Error(`No node_modules was found for ${script}`);
	}
}

/** Kills the child at a limit, and remembers why. */
function watch(child: Parser, limit: ParseLimits, signal?: AbortSignal) {
	let failure: Error | null = null;
	const kill = (reason: Error) => {
		failure ??= reason;
		child.kill("SIGKILL");
	};
	const late = setTimeout(() => kill(unreadable("timedOut")), limit.wallMs);
	const memory = setInterval(async () => {
		const bytes = child.pid ? await residentBytes(child.pid) : null;
		if (bytes && bytes > limit.residentBytes) kill(unreadable("outOfMemory"));
	}, watchMs);
	const abort = () => kill(new Error("Reading the file was given up", { cause: signal?.reason }));
	if (signal?.aborted) abort();
	else signal?.addEventListener("abort", abort, { once: true });
	child.once("error", kill);
	return {
		failure: () => failure,
		/** Something was done: the time begins anew. */
		again: () => late.refresh(),
		end: () => {
			clearTimeout(late);
			clearInterval(memory);
			signal?.removeEventListener("abort", abort);
		},
	};
}

async function* readLines(output: Readable, limit: ParseLimits): AsyncGenerator<ChildLine> {
	let bytes = 0;
	output.on("data", (part: Buffer) => {
		bytes += part.length;
		if (bytes > limit.outputBytes) output.destroy(unreadable("tooMuchText"));
	});
	for await (const line of createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }))
		yield ChildLine.parse(JSON.parse(line));
}

function finish(child: Parser, lines: ChildLine[], killed: Error | null): ParsedFile {
	if (killed) throw killed;
	const failed = lines.find((line) => "failure" in line);
	if (failed) throw new UnreadableFile(failed.failure, cleanLine(failed.reason));
	// Out of heap, V8 aborts; past its CPU seconds, the kernel ends it.
	if (child.signalCode === "SIGABRT" || child.exitCode === 134) throw unreadable("outOfMemory");
	if (child.signalCode === "SIGXCPU" || child.signalCode === "SIGKILL") throw unreadable("timedOut");
	const pages = lines.filter((line) => "page" in line);
	const end = lines.find((line) => "end" in line);
	if (end?.end !== pages.length) throw unreadable("crashed");
	if (pages.reduce((sum, page) => sum + page.text.length, 0) > mostText) throw unreadable("tooMuchText");
	return {
		pages,
		scans: lines.flatMap((line) => ("scans" in line ? line.scans : [])),
		links: lines.flatMap((line) => ("links" in line ? line.links : [])),
		dropped: lines.flatMap((line) => ("dropped" in line ? line.dropped : [])),
	};
}
