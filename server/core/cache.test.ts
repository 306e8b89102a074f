import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { cacheCounts, cacheOf } from "./cache";
import { setRedis } from "./redis";

const key = (asked: unknown, rights: unknown = null, version: unknown = 1) => ({ rights, version, asked });
function counted() {
	const name = randomUUID();
	let times = 0;
	const cache = cacheOf<number>({ name, seconds: 60, most: 3 });
	const ask = (asked: unknown, rights?: unknown, version?: unknown) =>
		cache(key(asked, rights, version), async () => {
			times += 1;
			return times;
		});
	return { name, ask, times: () => times };
}
afterEach(() => setRedis(null));

test("what was found out is not found out again, and the counts say so", async () => {
	const { name, ask, times } = counted();
	expect([await ask("a"), await ask("a"), await ask("b")]).toEqual([1, 1, 2]);
	expect(times()).toBe(2);
	expect(cacheCounts()[name]).toEqual({ hits: 1, misses: 2, entries: 2 });
});

test("other rights and another version are other answers", async () => {
	const { ask } = counted();
	expect([await ask("a", ["x"]), await ask("a", ["x", "y"]), await ask("a", ["x"], 2)]).toEqual([1, 2, 3]);
	expect(await ask("a", ["x"])).toBe(1);
});

test("of many who ask at once one finds it out; a failure is told to all of them, and not kept", async () => {
	const { ask, times } = counted();
	expect(await Promise.all([ask("a"), ask("a"), ask("a")])).toEqual([1, 1, 1]);
	expect(times()).toBe(1);
	let isBroken = true;
	const cache = cacheOf<string>({ name: randomUUID(), seconds: 60, most: 3 });
	const work = async () => {
		if (isBroken) throw new Error("no");
		return "yes";
	};
	const both = await Promise.allSettled([cache(key(1), work), cache(key(1), work)]);
	expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
	isBroken = false;
	expect(await cache(key(1), work)).toBe("yes");
});

test("what nobody asked for the longest goes first", async () => {
	const { ask } = counted();
	for (const one of ["a", "b", "c", "a", "d"]) await ask(one);
	expect([await ask("a"), await ask("b")]).toEqual([1, 5]);
});

describe("with a store that is shared", () => {
	type Store = NonNullable<Parameters<typeof setRedis>[0]>;
	/** As much of Redis as a cache asks for. */
	function standIn(kept: Map<string, string>, isAway = false): Store {
		const away = async () => Promise.reject(new Error("away"));
		const store = {
			get: isAway ? away : async (name: string) => kept.get(name) ?? null,
			set: isAway ? away : async (name: string, text: string) => kept.set(name, text),
		};
		return store as unknown as Store;
	}
	const shared = { write: JSON.stringify, read: (text: string) => JSON.parse(text) as number };

	test("another process finds what the first found out; what can't be read is found out anew", async () => {
		const kept = new Map<string, string>();
		setRedis(standIn(kept));
		const [one, other] = [0, 1].map((n) => {
			// Two names stand for two processes: the shared entry is then put under the other's name.
			const name = `shared-${n}-${randomUUID()}`;
			return { name, cache: cacheOf<number>({ name, seconds: 60, most: 3, shared }) };
		});
		if (!one || !other) throw new Error("two were made");
		expect(await one.cache(key("a"), async () => 7)).toBe(7);
		const [[at = "", text = ""] = []] = [...kept];
		expect(at).not.toContain('"a"');
		kept.set(at.replace(one.name, other.name), text);
		expect(await other.cache(key("a"), async () => 8)).toBe(7);
		kept.set(at.replace(one.name, `${other.name}-2`), "not JSON");
		const third = cacheOf<number>({ name: `${other.name}-2`, seconds: 60, most: 3, shared });
		expect(await third(key("a"), async () => 9)).toBe(9);
	});

	test("one that is away costs nobody an answer", async () => {
		setRedis(standIn(new Map(), true));
		const cache = cacheOf<number>({ name: randomUUID(), seconds: 60, most: 3, shared });
		expect(await cache(key("a"), async () => 7)).toBe(7);
	});
});
