import { closeSync, fstatSync, openSync, renameSync, writeSync } from "node:fs";
import type { Readable } from "node:stream";

const mostBytes = 10 * 1024 * 1024;
const kept = 4;

/** Appends to a file; past 10 MB it becomes `name.1.log`, the one before `name.2.log`, up to four. */
export class LogFile {
	private descriptor: number;
	private size: number;
	/** The last lines, for saying why a process ended. */
	readonly recent: string[] = [];

	constructor(
		readonly path: string,
		private readonly onLine: (line: string) => void = () => {},
	) {
		this.descriptor = openSync(path, "a", 0o600);
		this.size = fstatSync(this.descriptor).size;
	}

	/** Takes all lines of a child's output until it ends. */
	follow(stream: Readable): void {
		let rest = "";
		stream.setEncoding("utf8");
		stream.on("data", (text: string) => {
			const lines = (rest + text).split("\n");
			rest = lines.pop() ?? "";
			for (const line of lines) this.write(line);
		});
		stream.on("end", () => rest && this.write(rest));
	}

	write(line: string): void {
		this.recent.push(line);
		if (this.recent.length > 50) this.recent.shift();
		this.onLine(line);
		try {
			if (this.size > mostBytes) this.rotate();
			this.size += writeSync(this.descriptor, `${line}\n`);
		} catch {
			// A full disk must not end what still works; the database says so itself.
		}
	}

	private rotate(): void {
		const named = (number: number) => this.path.replace(/\.log$/, `.${number}.log`);
		for (let number = kept - 1; number >= 1; number--) renameIfThere(named(number), named(number + 1));
		closeSync(this.descriptor);
		renameIfThere(this.path, named(1));
		this.descriptor = openSync(this.path, "a", 0o600);
		this.size = 0;
	}
}

function renameIfThere(from: string, to: string): void {
	try {
		renameSync(from, to);
	} catch {
		// Fewer logs than we keep.
	}
}
