import { useEffect } from "react";

const name = "qd-threads";

/** Tells one's other tabs that a thread has changed, so that they show a new question at once. */
export function tellTabs(threadId: string): void {
	const channel = new BroadcastChannel(name);
	channel.postMessage(threadId);
	channel.close();
}

export function useOtherTabs(onChange: (threadId: string) => void): void {
	useEffect(() => {
		const channel = new BroadcastChannel(name);
		channel.onmessage = (event: MessageEvent<unknown>) => {
			if (typeof event.data === "string") onChange(event.data);
		};
		return () => channel.close();
	}, [onChange]);
}
