import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { doorCall } from "@/tests/attack/fuzz/doors";
import { metas, rawBodies, spoiled } from "@/tests/attack/fuzz/hostile";
import { type Operation, operations, type Sent, writeCall, writeRaw } from "@/tests/attack/fuzz/operations";
import { type Answer, type Memory, type Person, startWorld, type World } from "@/tests/attack/fuzz/world";
import { seeded } from "@/tests/fault/random";
import { inputsOf } from "@/tests/support/inputs";

// T35: whatever is asked of any operation, by whomever: an answer within 2 s that is no failure of ours, and nothing that stays.

const seed = Number(process.env.QD_FUZZ_SEED ?? 7);
const requests = Number(process.env.QD_FUZZ_REQUESTS ?? 2_000);
const atOnce = 6;
const random = seeded(seed);
/** What may stay after so many calls, in MB: caches that are not yet full, and room that is kept for what comes next. */
const mayStayMb = { heap: 24, outside: 24, all: 160 };

let world: World;
beforeAll(async () => {
	world = await startWorld([
		...Array<"owner">(16).fill("owner"),
		...(["admin", "admin", "builder", "builder", "staff", "staff", "auditor", "viewer"] as const),
	]);
});
afterAll(() => world.stop());

/** Ids of what there is, by the field that asks for such, so that calls go further than to what is not found. */
const known = new Map<string, string[]>();
const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** `id` is the field of whatever it stands in: of a document in `document`, of a collection in the answer of `listCollections`. */
function remember({ path, text }: { path: string; text: string }): void {
	const own = new Set(world.people.map(({ userId }) => userId));
	const [resource = "", name = ""] = path.split(".");
	const walk = (value: unknown, within: string): void => {
		if (Array.isArray(value)) for (const one of value) walk(one, within);
		else if (typeof value === "object" && value !== null)
			for (const [key, one] of Object.entries(value)) walk(one, key === "id" ? `${singular(within)}Id` : key);
		else if (
			typeof value === "string" &&
			within.endsWith("Id") &&
			value.match(uuid)?.[0] === value &&
			!own.has(value)
		) {
			const ids = known.get(within) ?? [];
			if (ids.length < 500) known.set(within, [...ids, value]);
		}
	};
	const whole = name.match(/[A-Z][a-z]+s?$/)?.[0].toLowerCase() ?? resource;
	const data = asJson(text);
	const items = ["result", "data", "json", "rows"];
	walk(
		items.reduce((at, key) => (typeof at === "object" && at !== null && key in at ? Reflect.get(at, key) : at), data),
		whole,
	);
}
const singular = (word: string) => word.replace(/s$/, "");
function asJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return null;
	}
}

/** An input that the schema takes, about things that there are where any are known. */
function validInputs(operation: Operation, count: number): unknown[] {
	if (operation.isUpload) return Array(count).fill(null);
	return fc.sample(inputsOf(operation.input), { seed: Math.floor(random.next() * 2 ** 31), numRuns: count });
}
const aboutKnown = (input: unknown, field = ""): unknown => {
	if (typeof input === "string") {
		const ids = known.get(field) ?? [...known.values()].flat();
		return ids.length > 0 && random.chance(0.9) ? input.replace(uuid, () => random.pick(ids)) : input;
	}
	if (Array.isArray(input)) return input.map((one) => aboutKnown(one, singular(field)));
	if (typeof input !== "object" || input === null || input instanceof Date) return input;
	return Object.fromEntries(Object.entries(input).map(([key, one]) => [key, aboutKnown(one, key)]));
};

function callOf(operation: Operation, input: unknown): Sent {
	const way = random.next();
	if (way < 0.4 || operation.isUpload) return writeCall(operation, aboutKnown(input));
	if (way < 0.85) return writeCall(operation, aboutKnown(input), { spoil: (json) => spoiled(json, random) });
	if (way < 0.92 && operation.face === "rpc")
		return writeCall(operation, aboutKnown(input), { meta: random.pick(metas) });
	return writeRaw(operation, random.pick(rawBodies));
}

/** Who may do all asks as often as all others together: then more calls come past the door. */
function whoAsks(): Person | null {
	if (random.chance(0.03)) return null;
	const owners = world.people.filter(({ role }) => role === "owner");
	return random.pick(owners.length > 0 && random.chance(0.5) ? owners : world.people);
}

test(`${requests} calls of ${operations.length} operations (QD_FUZZ_SEED=${seed})`, { timeout: 900_000 }, async () => {
	const rounds = Math.ceil(requests / operations.length);
	const inputs = new Map(operations.map((one) => [one, validInputs(one, rounds)]));
	await lookAround();
	const statuses = new Map<string, number>();
	const memories: Memory[] = [];
	for (let round = 0; round < rounds; round += 1) {
		const calls = [
			...operations.map((one) => ({ face: one.face, path: one.path, sent: callOf(one, inputs.get(one)?.[round]) })),
			...Array.from({ length: 20 }, () => ({ face: "door" as const, path: "", sent: doorCall(random) })),
		];
		const one = async () => {
			for (let next = calls.pop(); next; next = calls.pop())
				count(statuses, next, await world.send(next.sent, whoAsks()));
		};
		await Promise.all(Array.from({ length: atOnce }, one));
		await world.mend();
		if (round % Math.ceil(rounds / 4) === 0 || round === rounds - 1) memories.push(await world.memory());
	}
	console.log(
		`seed ${seed}: ${JSON.stringify(Object.fromEntries(statuses))}; heap, outside, all: ${memories
			.map((one) => Object.values(one).map(Math.round).join("/"))
			.join(", ")} MB`,
	);
	expect(world.failures).toEqual([]);
	expect(world.slow).toEqual([]);
	// The first figures are those of a process that is still warming up.
	const [, warm] = memories;
	const end = memories.at(-1);
	if (!warm || !end) throw new Error("nothing was measured");
	for (const part of ["heap", "outside", "all"] as const)
		expect(end[part] - warm[part], part).toBeLessThan(mayStayMb[part]);
	expect(share(statuses, /^2/)).toBeGreaterThan(0.1);
	expect(share(statuses, /^(401|429)/)).toBeLessThan(0.4);
});

/** What is there to begin with, as its owner finds it: the calls that count begin with ids of things that there are. */
async function lookAround(): Promise<void> {
	const owner = world.people.find(({ role }) => role === "owner") ?? null;
	for (const one of operations.filter(({ face, type }) => face === "rpc" && type === "query")) {
		const { status, text } = await world.send(writeCall(one, {}), owner);
		if (status < 300) remember({ path: one.path, text });
	}
}

function count(
	statuses: Map<string, number>,
	{ face, path }: { face: string; path: string },
	{ status, text }: Answer,
): void {
	if (status < 300) remember({ path, text });
	const key = `${status} ${face}`;
	statuses.set(key, (statuses.get(key) ?? 0) + 1);
}

function share(statuses: Map<string, number>, which: RegExp): number {
	const all = [...statuses.values()].reduce((sum, n) => sum + n, 0);
	return [...statuses].reduce((sum, [key, n]) => sum + (which.test(key) ? n : 0), 0) / all;
}
