import type { Failure } from "@/components/ui/failure";
import { toFailure } from "./failure";
import { reportSessionOver } from "./session-over";

export type StreamLink = "live" | "cut";

type Handlers<Data> = {
	onStarted: () => void;
	onData: (event: { id: string; data: Data }) => void;
	onConnectionStateChange: (state: { state: string; error: unknown }) => void;
	onError: (error: unknown) => void;
	onComplete: () => void;
};

const shortestWaitMs = 250;
const longestWaitMs = 900;

/**
 * Follows a subscription across cuts, each time from the last event that arrived. The browser's own retry takes seconds and
 * gives up on a refused answer; this one is back within a second of the network. Answers how to stop it.
 */
export function followStream<Data>(stream: {
	open: (lastEventId: string | null, handlers: Handlers<Data>) => { unsubscribe: () => void };
	/** The last event that is known already. */
	after: string | null;
	onEvent: (data: Data) => void;
	onLink: (link: StreamLink) => void;
	/** The server will not go on: trying again is of no use. */
	onRefused: (failure: Failure) => void;
	/** The server ended the stream. Answers whether that was its rightful end. */
	isDone: () => boolean;
	/** Any cheap call: tells whether the session is over, which a cut stream can't. */
	probe: () => Promise<unknown>;
}): () => void {
	let last = stream.after;
	let misses = 0;
	let current: { unsubscribe: () => void } | null = null;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let isStopped = false;

	const drop = () => {
		clearTimeout(timer);
		const before = current;
		current = null;
		before?.unsubscribe();
	};
	const cut = () => {
		drop();
		if (isStopped) return;
		misses += 1;
		stream.onLink("cut");
		if (misses % 4 === 3) stream.probe().catch(noteSession);
		timer = setTimeout(open, Math.min(shortestWaitMs * misses, longestWaitMs));
	};
	const noteSession = (error: unknown) => {
		if (toFailure(error).isSessionOver) reportSessionOver();
	};
	const open = () => {
		drop();
		if (isStopped) return;
		const own = stream.open(last, {
			onStarted: () => {
				misses = 0;
				stream.onLink("live");
			},
			onData: ({ id, data }) => {
				last = id;
				stream.onEvent(data);
			},
			onConnectionStateChange: ({ state, error }) => {
				if (state === "connecting" && error && current === own) cut();
			},
			onError: (error) => {
				if (current !== own) return;
				const failure = toFailure(error);
				if (failure.mayPass) return cut();
				noteSession(error);
				stop();
				stream.onRefused(failure);
			},
			onComplete: () => {
				if (current === own && !stream.isDone()) cut();
			},
		});
		current = own;
	};
	const stop = () => {
		isStopped = true;
		window.removeEventListener("online", open);
		window.removeEventListener("offline", cut);
		drop();
	};
	window.addEventListener("online", open);
	// The line is dead before the stream notices: an idle one would only after its ping is overdue.
	window.addEventListener("offline", cut);
	open();
	return stop;
}
