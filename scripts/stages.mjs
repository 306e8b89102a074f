// One progress line a stage, with its time.

let out = process.stdout;

/** For programs whose standard output is for figures. */
export function stagesToStderr() {
	out = process.stderr;
}

const seconds = (ms) => (ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);
const line = (mark, name, rest) => `  ${mark} ${name.padEnd(10)} ${rest}`;

/**
 * Runs `work` and prints its line when it is done; `work` may return a word or two for the line, and `show` another hint.
 * @template T
 * @param {string} name @param {(show: (hint: string) => void) => Promise<T>} work @param {string} [hint] shown while it runs, on a terminal
 * @returns {Promise<T>}
 */
export async function stage(name, work, hint = "") {
	const started = performance.now();
	const clear = out.isTTY ? "\r\u001b[2K" : "";
	const show = (now) => out.isTTY && out.write(`${clear}${line("…", name, now)}`);
	show(hint);
	try {
		const result = await work(show);
		const note = typeof result === "string" && result ? `  ${result}` : "";
		out.write(`${clear}${line("✓", name, `${seconds(performance.now() - started).padStart(7)}${note}`)}\n`);
		return result;
	} catch (error) {
		out.write(`${clear}${line("✗", name, seconds(performance.now() - started).padStart(7))}\n`);
		throw error;
	}
}
