import type { seeded } from "@/tests/fault/random";
import { corpus } from "@/tests/support/corpora";

type Random = ReturnType<typeof seeded>;

const own = [
	"",
	" ",
	"\0",
	"a\0b",
	"\ud800",
	"\udc00a",
	"\u202eevil\u202c",
	"\u200b\ufeff",
	"\r\nSet-Cookie: a=b",
	"\u2028\u2029",
	"\x1b[31mred",
	"' or '1'='1",
	"'; drop table users; --",
	"1; select pg_sleep(20)",
	"$1",
	"%s%n%x",
	"%00",
	"%",
	"{{7*7}}",
	"../../../../etc/passwd",
	"__proto__",
	"constructor",
	"toString",
	"=1+1",
	"<script>alert(1)</script>",
	"null",
	"undefined",
	"NaN",
	"0x10",
	"1e400",
	"-0",
	"2026-02-30",
	"+275760-09-13T00:00:00.001Z",
	"-000001-01-01T00:00:00Z",
	"0001-01-01T00:00:00Z",
	"9999-12-31T23:59:59.999999999+23:59",
	"ff".repeat(16),
	"00000000-0000-0000-0000-000000000000",
	"a@b",
	"https://[::1]:0/",
	"javascript:alert(1)",
	"\u0130\u0131\u017f\u212a",
	"👩‍👩‍👧‍👦".repeat(50),
	"x".repeat(10_000),
	"é".repeat(300),
	"(".repeat(500),
];

/** Texts that have broken something somewhere. */
export const naughty: string[] = corpus<{ s: string }>(
	"naughty_strings",
	own.map((s) => ({ s })),
).map(({ s }) => s);

/** Values of the wrong kind, and of the right kind where it ends. */
const odd: unknown[] = [
	...[null, true, false, 0, -0, -1, 1, 0.5, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 53, 2 ** 63, -(2 ** 63), 1e21],
	...[[], [[]], [null], {}, { a: 1 }, { length: 1 }, { toString: 1 }, { toJSON: 1 }, { $ne: null }],
	...[Array(300).fill("a"), Array(300).fill({}), { ["k".repeat(5_000)]: 1 }],
];

/** Keys that no input knows, some of which mean more than they say. */
const keys = [
	"__proto__",
	"constructor",
	"prototype",
	"toString",
	"id",
	"role",
	"ownerId",
	"0",
	"",
	"a.b",
	"a[b]",
	"\0",
];

/** An own key, whatever it is called: an assignment to `__proto__` would only set the prototype. */
export const withKey = (target: object, key: string, value: unknown): object =>
	Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });

/** The input with one thing wrong in it, somewhere. */
export function spoiled(input: unknown, random: Random): unknown {
	const copy: unknown = structuredClone(input);
	if (typeof copy !== "object" || copy === null) return random.chance(0.5) ? random.pick(odd) : random.pick(naughty);
	const places = placesOf(copy);
	const way = random.next();
	if (places.length === 0 || way < 0.15)
		return withKey(copy, random.pick(keys), random.chance(0.5) ? random.pick(odd) : random.pick(naughty));
	const { holder, key } = random.pick(places);
	if (way < 0.25) Reflect.deleteProperty(holder, key);
	else if (way < 0.3) Reflect.set(holder, key, nested(2_000));
	else Reflect.set(holder, key, way < 0.5 ? random.pick(odd) : random.pick(naughty));
	return copy;
}

function nested(depth: number): unknown {
	let value: unknown = "deep";
	for (let at = 0; at < depth; at += 1) value = at % 2 ? [value] : { filter: value };
	return value;
}

/** Every place in a value that holds something. */
export function placesOf(value: object): { holder: object; key: string }[] {
	return Object.entries(value).flatMap(([key, one]) => [
		{ holder: value, key },
		...(typeof one === "object" && one !== null && !(one instanceof Date) ? placesOf(one) : []),
	]);
}

const ownBodies = [
	...[
		"",
		" ",
		"{",
		"}",
		"[",
		"]",
		"null",
		"true",
		"0",
		'"',
		'""',
		"[]",
		"{}",
		"nul",
		"\ufeff{}",
		"{'a':1}",
		"{a:1}",
		"[1,]",
	],
	...['{"a":1,"a":2}', '{"json":{"__proto__":{"x":1}}}', '{"json":null,"meta":{"values":["set"]}}', "1e999", "-", "\0"],
	...[
		"[".repeat(100_000),
		'{"a":'.repeat(20_000),
		`{"json":${"9".repeat(10_000)}}`,
		'{"json":"\\ud800"}',
		"/* */{}",
		"\xff\xfe",
	],
];

/** Bodies and query inputs as bytes, which are JSON or nearly so. */
type Body = { b64: string } | { gen: { repeat: string; n: number; tail?: string } };
export const rawBodies: Buffer[] = corpus<Body>(
	"json_parsing",
	ownBodies.map((text) => ({ b64: Buffer.from(text).toString("base64") })),
).map((one) =>
	"b64" in one ? Buffer.from(one.b64, "base64") : Buffer.from(one.gen.repeat.repeat(one.gen.n) + (one.gen.tail ?? "")),
);

/** What superjson says beside a value: types to revive, and where. */
export const metas: unknown[] = [
	...[
		"class",
		"custom",
		"symbol",
		"Error",
		"Map",
		"set",
		"map",
		"Date",
		"regexp",
		"URL",
		"bigint",
		"undefined",
		"number",
	].map((type) => ({ values: [type] })),
	{ values: [["class", "Object"]] },
	{ values: [["custom", "Buffer"]] },
	{ values: [["typed-array", "Uint8Array"]] },
	{ values: [["symbol", "constructor"]] },
	...["__proto__", "constructor", "__proto__.polluted", "constructor.prototype.polluted", "a.b.c", "0", ""].flatMap(
		(path) => [
			{ values: { [path || "a"]: ["Date"] } },
			{ referentialEqualities: { [path || "a"]: ["__proto__.polluted"] } },
			{ referentialEqualities: { a: [path] } },
		],
	),
	{ referentialEqualities: [["__proto__.polluted"]] },
	{ values: "Date" },
	{ values: [[[[]]]] },
	{ v: 99, values: { limit: [["bigint"]] } },
	7,
	null,
	[],
];
