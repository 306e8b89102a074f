import { relative } from "node:path";

const quietMs = 60_000;
const errorLevel = 50;

/** Says on the terminal that a log has errors: the first at once, those of the next minute as a count. */
export function errorTeller(name: string, file: string): (line: string) => void {
	let silentUntil = 0;
	let held = 0;
	return (line) => {
		const message = errorIn(line);
		if (message === null) return;
		if (Date.now() < silentUntil) {
			held++;
			return;
		}
		const more = held > 0 ? ` (and ${held} before it)` : "";
		console.log(`  ! ${name}: ${message}${more}; see ${relative(process.cwd(), file)}`);
		silentUntil = Date.now() + quietMs;
		held = 0;
	};
}

/** The message of an error line; null for other lines. */
function errorIn(line: string): string | null {
	if (!line.startsWith("{")) return null;
	try {
		const entry: unknown = JSON.parse(line);
		if (typeof entry !== "object" || entry === null || !("level" in entry) || !("msg" in entry)) return null;
		return Number(entry.level) >= errorLevel ? String(entry.msg).slice(0, 160) : null;
	} catch {
		return null;
	}
}
