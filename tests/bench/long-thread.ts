import superjson from "superjson";
import type { Client } from "@/tests/support/client";
import { timeOpenings } from "./openings";
import { question } from "./stream-material";

const turns = 200;

/** A chat of 200 questions, until its newest answer is in sight and painted. Null where there is no Chromium. */
export async function openLongThread(url: string, client: Client): Promise<{ ms: number; n: number } | null> {
	const { threadId, newest } = await longThread(url, client);
	const what = `a chat of ${turns} questions`;
	return timeOpenings({ url, client, path: `/chat/${threadId}`, what }, watch, newest);
}

/** In the page: notes when the answer's end is within the window, at the frame after. */
function watch(runId: string): void {
	const look = () => {
		const answer = document.querySelector(`[data-run="${runId}"]`);
		const { top, bottom } = answer?.getBoundingClientRect() ?? { top: 0, bottom: 0 };
		if (bottom > top && top < innerHeight && bottom > 0 && bottom <= innerHeight)
			requestAnimationFrame(() => Object.assign(globalThis, { seenAt: performance.now() }));
		else requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}

async function longThread(url: string, client: Client): Promise<{ threadId: string; newest: string }> {
	let at: { threadId: string; runId: string } | undefined;
	for (let n = 0; n < turns; n += 1) {
		const asked = { question: question(n), ...(at ? { threadId: at.threadId } : {}) };
		at = await client.api.runs.start.mutate(asked);
		const input = encodeURIComponent(superjson.stringify({ runId: at.runId }));
		const stream = await fetch(`${url}/api/trpc/runs.events?input=${input}`, { headers: client.headers });
		let text = "";
		const decoder = new TextDecoder();
		for await (const bytes of stream.body ?? []) text += decoder.decode(bytes, { stream: true });
		if (!text.includes("run.ended")) throw new Error("A run of the long chat did not end.");
	}
	if (!at) throw new Error("Nothing was asked.");
	return { threadId: at.threadId, newest: at.runId };
}
