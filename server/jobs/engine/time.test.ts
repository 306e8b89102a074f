import { expect, test } from "vitest";
import { isMatch, keyOf, numberOf } from "./expression";
import { defaultBackoff, nextTick, parseDue, parseDuration, parseRetryAfter } from "./time";

const event = { id: "1", name: "a/b", ts: 1, data: { n: 3, half: 0.5, who: "ann", tags: ["x"], flag: false } };

test.each([
	["90m", 5_400_000],
	["1h30m", 5_400_000],
	["2d", 172_800_000],
	["1w1s", 604_801_000],
	["500ms", 500],
	["", 0],
])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test("what is neither a duration nor a date is refused", () => {
	expect(() => parseDue("tomorrow")).toThrow("not a duration");
	expect(() => parseDue("2026-13-45T00:00:00Z")).toThrow("not a date");
	expect(parseDue("2026-01-02T03:04:05.000Z")).toEqual({ at: new Date("2026-01-02T03:04:05Z") });
});

test("retry-after is seconds or a date", () => {
	expect(parseRetryAfter("30")).toEqual({ inMs: 30_000 });
	expect(parseRetryAfter("2026-01-02T00:00:00.000Z")).toEqual({ at: new Date("2026-01-02") });
	expect(parseRetryAfter(null)).toBeNull();
});

test("waits grow as with the real server, with some jitter", () => {
	for (const [attempt, seconds] of [15, 30, 60, 120, 300].entries()) {
		const wait = defaultBackoff(attempt);
		expect(wait).toBeGreaterThanOrEqual(seconds * 1_000);
		expect(wait).toBeLessThanOrEqual((seconds + 30) * 1_000);
	}
	expect(defaultBackoff(50)).toBeGreaterThanOrEqual(7_200_000);
});

test("a tick is in the given time zone, else in UTC", () => {
	const from = new Date("2026-07-01T12:00:00Z");
	expect(nextTick("0 3 * * *", from)).toEqual(new Date("2026-07-02T03:00:00Z"));
	expect(nextTick("TZ=Europe/Paris 0 3 * * *", from)).toEqual(new Date("2026-07-02T01:00:00Z"));
});

test.each([
	["event.data.n == 3", true],
	["event.data.n * 2 > 5.5 && event.data.half < 1", true],
	["event.data.n % 2 == 1", true],
	["event.data.who == async.data.who", true],
	["'x' in event.data.tags", true],
	["has(event.data.missing)", false],
	["event.data.missing == 'x'", false],
	["event.data.flag", false],
	["event.data.n", false],
	["event.ts < 5 && timestamp('2020-01-01T00:00:00Z') < now()", true],
])("%s matches: %s", (expression, matches) => expect(isMatch(expression, { event, async: event })).toBe(matches));

test("values become keys and numbers", () => {
	expect(keyOf("event.data.who + '-' + string(event.data.n)", event)).toBe("ann-3");
	expect(keyOf("event.data.n", event)).toBe("3");
	expect(keyOf("event.data.missing", event)).toBe("");
	expect(keyOf("[event.data.n, 1]", event)).toBe("[3,1]");
	expect(numberOf("event.data.n * 100", event)).toBe(300);
	expect(numberOf("event.data.flag ? 100 : -100", event)).toBe(-100);
	expect(numberOf("event.data.missing", event)).toBe(0);
});
