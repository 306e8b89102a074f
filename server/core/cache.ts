import { createHash } from "node:crypto";
import { redis } from "./redis";

/**
 * What an answer depends on, and nothing else. `rights` is what the caller may see of it at this moment, worked out anew for each
 * call (null: it is the same for everybody), and `version` goes up with each change of what it is made of: so no answer is
 * given across a difference of rights, and none of an old state.
 */
export type CacheKey = { rights: unknown; version: unknown; asked: unknown };
type Options<Value> = {
	name: string;
	seconds: number;
	/** Answers that this process keeps; of more, those that were not asked for the longest go first. */
	most: number;
	/** As text, for the Redis that several processes share. Left out: each process keeps its own. */
	shared?: { write: (value: Value) => string; read: (text: string) => Value };
};
export type CacheCounts = { hits: number; misses: number; entries: number };
type Entry = { value: Promise<unknown>; until: number };
type Heap = { entries: Map<string, Entry>; hits: number; misses: number };

// On globalThis: pages and our own door are bundled apart, and share what they know.
const global = globalThis as { quarterdeckCaches?: Map<string, Heap> };
global.quarterdeckCaches ??= new Map();
const heaps = global.quarterdeckCaches;

const hashOf = ({ rights, version, asked }: CacheKey): string =>
	createHash("sha256")
		.update(JSON.stringify([rights, version, asked]))
		.digest("base64url");

function heapOf(name: string): Heap {
	const known = heaps.get(name) ?? { entries: new Map(), hits: 0, misses: 0 };
	heaps.set(name, known);
	return known;
}

/** Remembers what is costly to find out. Who asks for what is being found out already waits for that; a failure is not kept. */
export function cacheOf<Value>({ name, seconds, most, shared }: Options<Value>) {
	return async (key: CacheKey, work: () => Promise<Value>): Promise<Value> => {
		const heap = heapOf(name);
		const { entries } = heap;
		const hash = hashOf(key);
		const known = entries.get(hash);
		if (known && known.until > performance.now()) {
			heap.hits += 1;
			// To the end of the row: what was asked for last goes last.
			entries.delete(hash);
			entries.set(hash, known);
			return known.value as Promise<Value>;
		}
		const value = find(`quarterdeck:cache:${name}:${hash}`, heap, { seconds, shared, work });
		entries.delete(hash);
		entries.set(hash, { value, until: performance.now() + seconds * 1_000 });
		for (const oldest of entries.keys()) {
			if (entries.size <= most) break;
			entries.delete(oldest);
		}
		// Only its own entry: another may stand in its place by then.
		value.catch(() => entries.get(hash)?.value === value && entries.delete(hash));
		return value;
	};
}

type Finding<Value> = Pick<Options<Value>, "seconds" | "shared"> & { work: () => Promise<Value> };

/** Out of the shared store, where there is one and it is there; else by doing the work. */
async function find<Value>(key: string, heap: Heap, { seconds, shared, work }: Finding<Value>): Promise<Value> {
	const store = shared ? redis() : null;
	const text = await store?.get(key).catch(() => null);
	const found = shared && text ? readOrNothing(shared.read, text) : null;
	if (found) {
		heap.hits += 1;
		return found.value;
	}
	heap.misses += 1;
	const value = await work();
	// A store that is away costs nobody an answer.
	if (shared) void store?.set(key, shared.write(value), "EX", seconds).catch(() => null);
	return value;
}

/** What another version wrote may have another form: then it is as good as not there. */
function readOrNothing<Value>(read: (text: string) => Value, text: string): { value: Value } | null {
	try {
		return { value: read(text) };
	} catch {
		return null;
	}
}

/** How each cache of this process does. */
export const cacheCounts = (): Record<string, CacheCounts> =>
	Object.fromEntries(
		[...heaps].map(([name, { entries, hits, misses }]) => [name, { hits, misses, entries: entries.size }]),
	);
