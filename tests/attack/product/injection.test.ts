import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { withKey } from "@/tests/attack/fuzz/hostile";
import { type Operation, operations, type Sent, writeCall } from "@/tests/attack/fuzz/operations";
import { type Answer, startWorld, type World } from "@/tests/attack/fuzz/world";
import { givenInputs } from "@/tests/attack/given-inputs";
import { setAt } from "@/tests/attack/own-input";
import { corpus } from "@/tests/support/corpora";
import { fieldsOf } from "@/tests/support/id-fields";
import { defOf, minimalInput } from "@/tests/support/inputs";

// T11, T23, T29 to T33: words that mean something to a database, a log, a file system or a reviver, wherever a word can stand.

const requests = Math.ceil(Number(process.env.QD_FUZZ_REQUESTS ?? 2_000) / 4);
const isThorough = requests > 1_000;
const timeout = 600_000;
let world: World;
let turn = 0;
beforeAll(async () => {
	world = await startWorld(Array<"owner">(12).fill("owner"));
});
afterAll(() => world.stop());

// Whatever a call did to its sender, the next test has people who are signed in.
afterEach(() => world.mend());

/** Sends it as each person in turn, and again where so many calls at once are not let in: as soon as the answer says. */
async function ask(sent: Sent): Promise<Answer> {
	for (;;) {
		const answer = await world.send(sent, world.people[turn++ % world.people.length] ?? null);
		if (answer.status !== 429) return answer;
		const seconds = Number(/"retryAfterSeconds":(\d+)/.exec(answer.text)?.[1] ?? 1);
		await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
	}
}
/** What holds of every answer so far. */
const expectNoHarm = () => expect([world.failures, world.slow]).toEqual([[], []]);

const sqli = corpus(
	"sqli",
	[
		...[
			"' or '1'='1",
			"'; drop table users; --",
			"1; select pg_sleep(20)",
			"') or pg_sleep(20)--",
			"' || pg_sleep(20) || '",
		],
		...[
			'" union select password_hash from users --',
			"$1",
			"\\'; commit; --",
			"{{$ne}}",
			"1 and 1=cast(version() as int)",
		],
	].map((payload) => ({ payload })),
);
const traversal = corpus(
	"path_traversal",
	[
		...[
			"../../../../etc/passwd",
			"..%2f..%2f..%2fetc%2fpasswd",
			"..\\..\\windows\\win.ini",
			"/etc/passwd",
			"....//....//etc/passwd",
		],
		...[
			"%00../etc/passwd",
			"file:///etc/passwd",
			"/proc/self/environ",
			"C:\\boot.ini",
			".data/secrets.json",
			"..%c0%af..%c0%afetc/passwd",
		],
	].map((payload) => ({ payload })),
);
/** Lines of their own, colours, and pieces of a record, where a log would take them. */
const forLogs = [
	'\r\n{"level":60,"msg":"forged"}',
	'\n{"level":30}',
	"\x1b[2J\x1b[31mred",
	"\u2028\u2029\u0085",
	'","level":60,"x":"',
	"\\u000a",
	"%0d%0a%7b",
].map((payload) => ({ payload }));
const payloads = [sqli, traversal, forLogs];

const reads = operations.filter(({ type }) => type === "query");
const changes = operations.filter(({ type }) => type === "mutation");
const textsOf = ({ input }: Operation): string[] =>
	fieldsOf(input)
		.filter(({ schema }) => defOf(schema).type === "string")
		.map(({ path }) => path.replaceAll("{}", ".one"));
const inputOf = ({ path, input }: Operation) => minimalInput(input, givenInputs[path]) as Record<string, unknown>;

async function sixAtOnce<T>(all: T[], work: (one: T) => Promise<void>): Promise<void> {
	const one = async () => {
		for (let next = all.pop(); next !== undefined; next = all.pop()) await work(next);
	};
	await Promise.all(Array.from({ length: 6 }, one));
}

/** As many calls of these as asked for: each in turn, each of its words in turn, with the next payload in its place. */
async function sweep(these: readonly Operation[], count: number): Promise<void> {
	const places = these
		.filter(({ isUpload }) => !isUpload)
		.flatMap((operation) => textsOf(operation).map((field) => ({ operation, field })));
	const calls = Array.from({ length: count }, (_, at) => {
		const list = payloads[at % payloads.length] ?? sqli;
		return {
			place: places[at % places.length],
			payload: list[Math.floor(at / payloads.length) % list.length]?.payload ?? "",
		};
	});
	await sixAtOnce(calls, async ({ place, payload }) => {
		if (!place) throw new Error("no operation takes a word");
		const input = inputOf(place.operation);
		setAt(input, place.field, payload);
		await ask(writeCall(place.operation, input));
	});
	await world.mend();
}

/** What is stored of everything that people make. */
async function stored(): Promise<Record<string, number>> {
	const [row] = await world.db.orm.execute<{ counts: Record<string, number> }>(sql`
		select jsonb_object_agg(name, (xpath('/row/n/text()', query_to_xml('select count(*) as n from ' || name, false, true, '')))[1]::text::int) as counts
		from unnest(array['users', 'roles', 'groups', 'group_members', 'grants', 'collections', 'documents', 'prompts', 'agents',
			'threads', 'runs', 'api_keys', 'invitations', 'sessions']) name`);
	return row?.counts ?? {};
}

describe("words that mean something elsewhere", () => {
	test("in every word of every read: nothing fails, nothing waits, nothing changes", { timeout }, async () => {
		const before = await stored();
		await sweep(reads, requests);
		expectNoHarm();
		expect(await stored()).toEqual(before);
	});

	test("in every word of every change: nothing fails, nothing waits, nothing is lost", { timeout }, async () => {
		const before = await stored();
		await sweep(changes, requests);
		expectNoHarm();
		const after = await stored();
		expect(Object.keys(after)).toEqual(Object.keys(before));
		expect(after.users).toBeGreaterThanOrEqual(before.users ?? 0);
	});

	test("in a name: it comes back as it was sent", async () => {
		for (const { payload } of sqli.slice(0, 30)) {
			const sent: Sent = {
				method: "POST",
				url: "/api/v1/prompts",
				type: "application/json",
				body: JSON.stringify({ name: `x ${payload} x`.slice(0, 60), body: payload }),
			};
			const { status, text } = await ask(sent);
			if (status === 201) expect(JSON.parse(text).prompt.body).toBe(payload.trim());
			else expect([400, 409]).toContain(status);
		}
	});
});

describe("names of filters, orders and fields", () => {
	const lists = operations.filter(({ input }) => {
		const def = defOf(input);
		return def.type === "object" && "filter" in def.shape && "sort" in def.shape;
	});
	const names = [
		"passwordHash",
		"owner_id",
		"name;drop table users",
		"name desc",
		"1",
		"__proto__",
		"constructor",
		"a->>'b'",
		"*",
		"@name:{x}",
		"must_not",
	];
	const inputsOf = (operation: Operation) =>
		names
			// superjson leaves it out of what it reads, which is as good.
			.filter((name) => operation.face === "rest" || name !== "__proto__")
			.flatMap((name): unknown[] => [
				{ filter: withKey({}, name, { eq: "x" }) },
				{ filter: { name: withKey({}, name, "x") } },
				{ sort: name },
				{ sort: `-${name}` },
				{ fields: [name] },
				withKey({}, name, "x"),
			]);

	test("there are such lists, in both faces", () => expect(lists.length).toBeGreaterThan(20));

	test.each(lists)("$face $path refuses what it doesn't name", async (operation) => {
		const wrong = [
			...inputsOf(operation),
			{ cursor: "e30.x" },
			{ cursor: "' or 1=1" },
			{ filter: "name = 'x'" },
			// A query has no words for an empty list.
			...(operation.face === "rpc" ? [{ filter: [] }] : []),
			{ limit: "1; select 1" },
			{ limit: 201 },
		];
		const given = inputOf(operation);
		for (const one of wrong) {
			const { status, text } = await ask(
				writeCall(operation, given, { spoil: () => withAll({ ...given }, one as object) }),
			);
			// What it lists of may be looked for first, and was not found.
			expect(
				"cursor" in (one as object) ? [400, 404] : [400],
				`${JSON.stringify(one)} ${text.slice(0, 300)}`,
			).toContain(status);
		}
		expectNoHarm();
	});

	function withAll(target: object, more: object): object {
		for (const [key, value] of Object.entries(more)) withKey(target, key, value);
		return target;
	}
});

describe("a body that is something else", () => {
	/** What LangChain, superjson, React and older libraries make objects of. */
	const revived = [
		{ lc: 1, type: "constructor", id: ["langchain", "schema", "messages", "HumanMessage"], kwargs: { content: "x" } },
		{ lc: 2, type: "secret", id: ["QD_AUTH_SECRET"] },
		{ $$typeof: "Symbol(react.element)", type: "script" },
		{ "0": "$1:__proto__:then", value: "$1:constructor:constructor", status: "resolved_model" },
		{ files: [{ path: "/etc/passwd", name: "a", filepath: "/etc/passwd" }] },
		{ _bsontype: "ObjectID", type: "Buffer", data: [1] },
	];
	const bodies = [
		...revived.flatMap((one) => [
			JSON.stringify(one),
			superjson.stringify(one),
			JSON.stringify({ json: { value: one, input: one } }),
		]),
		...["[]", '[{"json":{}}]', '"text"', "1e999", "true", '{"json":[]}', '{"json":"text"}', '{"json":1e999}'],
		'{"json":{"constructor":{"prototype":{"x":1}}}}',
	];
	const types = [
		"text/plain",
		"application/x-www-form-urlencoded",
		"multipart/form-data; boundary=x",
		"application/xml",
		"image/png",
	];
	const address = (one: Operation) => one.address.replace(/\{\w+\}/g, "00000000-0000-4000-8000-000000000000");

	test("no change takes what its input doesn't name, whatever would be made of it", { timeout }, async () => {
		const sent = changes
			.filter(({ isUpload, method }) => !isUpload && method !== "DELETE")
			.flatMap((one, at) =>
				(isThorough ? bodies : [bodies[at % bodies.length] ?? "[]"]).map((body) => ({ one, body })),
			);
		await sixAtOnce(sent, async ({ one, body }) => {
			const { status, text } = await ask({ method: one.method, url: address(one), type: "application/json", body });
			expect(status, `${one.method} ${one.address} ${body} ${text.slice(0, 300)}`).toBeGreaterThanOrEqual(400);
		});
		expectNoHarm();
	});

	test("no change takes another type of body, and no upload takes JSON", { timeout }, async () => {
		const sent = changes
			.filter(({ method }) => method !== "DELETE")
			.flatMap((one) =>
				(one.isUpload ? [...types, "application/json"] : [...types, "application/octet-stream"]).map((type) => ({
					one,
					type,
				})),
			);
		await sixAtOnce(sent, async ({ one, type }) => {
			const { status, text } = await ask({ method: one.method, url: address(one), type, body: bodyOf(type) });
			expect(
				[400, 401, 403, 404, 405, 415, 422],
				`${one.method} ${one.address} ${type} ${text.slice(0, 300)}`,
			).toContain(status);
		});
		expectNoHarm();
	});
	const bodyOf = (type: string) =>
		type.startsWith("multipart")
			? '--x\r\ncontent-disposition: form-data; name="file"; filename="../../x"\r\n\r\nx\r\n--x--'
			: '{"json":{}}';
});

describe("after all of it", () => {
	test("no prototype of the web process has learned anything", async () => {
		const learned =
			"JSON.stringify([Object, Array, Function, String, Map, Promise].map((one) => Object.keys(one.prototype)))";
		expect(await world.evaluate(learned)).toBe("[[],[],[],[],[],[]]");
	});

	test("every line of every log is one record, and none of them is forged", () => {
		const folder = join(world.data, "logs");
		for (const file of ["web.log", "worker.log"].filter((name) => readdirSync(folder).includes(name)))
			for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
				// What Node and Next say of themselves while they start.
				if (line === "" || /^(Debugger |For help|\s*[✓▲])/.test(line)) continue;
				const record = JSON.parse(line) as { level: number; msg?: string };
				expect(record.level, line).toBeLessThan(60);
				expect(record.msg).not.toBe("forged");
				// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
				expect(/[\u0000-\u0008\u000b-\u001f\u001b]/.test(line)).toBe(false);
			}
	});
});
