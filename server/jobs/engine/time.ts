import { CronExpressionParser } from "cron-parser";
import { type SQL, sql } from "drizzle-orm";

/** A point in time: so many ms from now by the database's clock, or a date. */
export type Due = { inMs: number } | { at: Date };

const units: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const duration = /^(\d+(\.\d+)?(ms|[smhdw]))*$/;

/** The SDK's `1h30m`, `2d` or an ISO date. Throws where it is neither. */
export function parseDue(text: string): Due {
	if (/^\d{4}-\d\d-\d\d/.test(text)) {
		const at = new Date(text);
		if (Number.isNaN(at.getTime())) throw new Error(`"${text}" is not a date`);
		return { at };
	}
	return { inMs: parseDuration(text) };
}

/** `1h30m` as ms. */
export function parseDuration(text: string): number {
	if (!duration.test(text)) throw new Error(`"${text}" is not a duration such as 30s or 1h30m`);
	let ms = 0;
	for (const [, amount, , unit] of text.matchAll(/(\d+(\.\d+)?)(ms|[smhdw])/g))
		ms += Number(amount) * (units[unit ?? ""] ?? 0);
	return ms;
}

/** The database's clock is the only one: workers on several machines agree on it. */
export function dueSql(due: Due): SQL<Date> {
	return "at" in due
		? sql<Date>`${due.at.toISOString()}::timestamptz`
		: sql<Date>`now() + make_interval(secs => ${due.inMs / 1000}::float8)`;
}

/** The next tick after `from`; the time zone stands before the expression, as in `TZ=Europe/Paris 0 12 * * *`, else UTC. */
export function nextTick(cron: string, from: Date): Date {
	const zoned = /^TZ=(\S+)\s+(.*)$/.exec(cron);
	const expression = zoned?.[2] ?? cron;
	return CronExpressionParser.parse(expression, { tz: zoned?.[1] ?? "UTC", currentDate: from })
		.next()
		.toDate();
}

const waits = [15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200];

/** The wait in ms after the attempt of that number (from 0): the real server's steps, with up to 30 s of jitter. */
export function defaultBackoff(attempt: number): number {
	const seconds = waits[Math.min(attempt, waits.length - 1)] ?? 7_200;
	return seconds * 1_000 + Math.random() * 30_000;
}

/** `retry-after` is a number of seconds or a date. */
export function parseRetryAfter(header: string | null): Due | null {
	if (!header) return null;
	if (/^\d+$/.test(header)) return { inMs: Number(header) * 1_000 };
	const at = new Date(header);
	return Number.isNaN(at.getTime()) ? null : { at };
}
