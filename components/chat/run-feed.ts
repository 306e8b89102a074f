import { useSyncExternalStore } from "react";
import type { ApiClient } from "@/components/trpc/api";
import { useClient } from "@/components/trpc/client";
import { followStream, type StreamLink } from "@/components/trpc/follow-stream";
import type { Failure } from "@/components/ui/failure";
import type { RunEvent } from "@/server/runs/contract";
import { emptyStory, foldRun, type RunStory } from "./fold-run";

export type FeedState = { story: RunStory; link: "opening" | StreamLink | "closed"; failure: Failure | null };

/** Zod comes with the contract, so it is fetched once a run is followed, not with the first screen. */
const loadContract = () => import("@/server/runs/contract");
export const preloadFeed = (): void => void loadContract();

const firstFeed: FeedState = { story: emptyStory, link: "opening", failure: null };
/** Kept open a while after the last reader left, so that a change of page does not read it all again. */
const lingerMs = 30_000;
/** Many tokens become one rendering. */
const gatherMs = 40;

/** One run from whatever of it was seen already: replay, then live, across cuts, until it ends. */
class RunFeed {
	private state = firstFeed;
	private readonly listeners = new Set<() => void>();
	private waiting: RunEvent[] = [];
	private gathering: ReturnType<typeof setTimeout> | null = null;
	private linger: ReturnType<typeof setTimeout> | undefined;
	private stop: (() => void) | null = null;
	private seen = 0;
	private hasEnded = false;

	constructor(
		private readonly client: ApiClient,
		private readonly runId: string,
	) {}

	readonly get = (): FeedState => this.state;

	readonly subscribe = (listener: () => void): (() => void) => {
		this.listeners.add(listener);
		clearTimeout(this.linger);
		if (!this.stop && !this.hasEnded) this.open();
		return () => {
			this.listeners.delete(listener);
			if (this.listeners.size === 0) this.linger = setTimeout(() => this.close(), lingerMs);
		};
	};

	private set(change: Partial<FeedState>) {
		this.state = { ...this.state, ...change };
		for (const listener of this.listeners) listener();
	}

	private open() {
		this.stop = followStream<RunEvent>({
			open: (lastEventId, handlers) => this.client.runs.events.subscribe({ runId: this.runId, lastEventId }, handlers),
			after: this.seen > 0 ? String(this.seen) : null,
			onEvent: (event) => this.take(event),
			onLink: (link) => this.set({ link }),
			onRefused: (failure) => {
				this.stop = null;
				this.set({ link: "closed", failure });
			},
			isDone: () => this.hasEnded,
			probe: () => this.client.auth.me.query({}),
		});
	}

	private take(event: RunEvent) {
		if (event.seq <= this.seen) return;
		this.seen = event.seq;
		if (event.body.type === "run.ended") this.hasEnded = true;
		this.waiting.push(event);
		this.gathering ??= setTimeout(() => void this.fold(), gatherMs);
	}

	private async fold() {
		const { foldAnswer } = await loadContract();
		this.gathering = null;
		const events = this.waiting;
		this.waiting = [];
		const story = events.reduce((before, event) => foldRun(before, event, foldAnswer), this.state.story);
		if (story.ending) this.close();
		this.set(story.ending ? { story, link: "closed" } : { story });
	}

	private close() {
		this.stop?.();
		this.stop = null;
	}
}

const feeds = new Map<string, RunFeed>();
const mostKept = 200;

function feedOf(client: ApiClient, runId: string): RunFeed {
	const known = feeds.get(runId);
	if (known) return known;
	if (feeds.size >= mostKept) feeds.clear();
	const feed = new RunFeed(client, runId);
	feeds.set(runId, feed);
	return feed;
}

const nowhere = () => () => {};
const getFirst = () => firstFeed;

/** A run as it goes on; null leaves it alone. */
export function useRunFeed(runId: string | null): FeedState {
	const client = useClient();
	const feed = runId === null || typeof window === "undefined" ? null : feedOf(client, runId);
	return useSyncExternalStore(feed?.subscribe ?? nowhere, feed?.get ?? getFirst, getFirst);
}
