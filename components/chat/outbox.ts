import { useSyncExternalStore } from "react";

export type Queued = { id: string; text: string };
/** What one has written but not sent, by thread. It survives a change of page, a refresh and a lost session. */
export type Outbox = {
	draft: string;
	queue: Queued[];
	/** Set when an answer was stopped or failed: what waits then waits for its writer. */
	isHeld: boolean;
	/** The first in the queue was told to go at once, and waits only for the stop to take effect. */
	isNow: boolean;
	agentId: string | null;
	collectionIds: string[];
};

const empty: Outbox = { draft: "", queue: [], isHeld: false, isNow: false, agentId: null, collectionIds: [] };
const boxes = new Map<string, Outbox>();
const listeners = new Set<() => void>();
const storageKey = (key: string) => `qd-outbox:${key}`;

function load(key: string): Outbox {
	try {
		const kept: unknown = JSON.parse(sessionStorage.getItem(storageKey(key)) ?? "null");
		return typeof kept === "object" && kept !== null ? { ...empty, ...kept } : empty;
	} catch {
		// Another version wrote it, or the browser keeps nothing: start empty.
		return empty;
	}
}

export function readOutbox(key: string): Outbox {
	const known = boxes.get(key);
	if (known) return known;
	const box = load(key);
	boxes.set(key, box);
	return box;
}

export function changeOutbox(key: string, change: (box: Outbox) => Partial<Outbox>): void {
	const box = readOutbox(key);
	const next = { ...box, ...change(box) };
	boxes.set(key, next);
	try {
		sessionStorage.setItem(storageKey(key), JSON.stringify(next));
	} catch {
		// Too long to keep, or keeping is switched off: it lives as long as the page does.
	}
	for (const listener of listeners) listener();
}

/** A new chat got its thread: what is still unsent moves with it. */
export function moveOutbox(from: string, to: string): void {
	const box = readOutbox(from);
	changeOutbox(to, () => ({ ...box }));
	changeOutbox(from, () => ({ ...empty }));
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};

export function useOutbox(key: string): Outbox {
	return useSyncExternalStore(
		subscribe,
		() => readOutbox(key),
		() => empty,
	);
}
