import { chromium } from "playwright";
import superjson from "superjson";
import { chromium as browserOnPath } from "@/scripts/tools.mjs";
import type { Client } from "@/tests/support/client";
import { median, question } from "./stream-material";

const turns = 200;
const openings = 9;

/**
 * A chat of 200 questions, opened in Chromium by its address: from the beginning of the navigation until its newest answer is in
 * sight and painted, in ms. The browser has its session and the product's scripts from an opening before; the page comes from the server
 * each time. Null where there is no Chromium.
 */
export async function openLongThread(url: string, client: Client): Promise<{ ms: number; n: number } | null> {
	const executablePath = browserOnPath();
	if (!executablePath) return null;
	const { threadId, newest } = await longThread(url, client);
	const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
	try {
		const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
		const cookies = client.cookie.split("; ").map((pair) => ({ pair, at: pair.indexOf("=") }));
		await context.addCookies(
			cookies.map(({ pair, at }) => ({ name: pair.slice(0, at), value: pair.slice(at + 1), url })),
		);
		const took: number[] = [];
		const stages: Stages[] = [];
		for (let n = 0; n <= openings; n += 1) {
			const page = await context.newPage();
			await page.addInitScript(watch, newest);
			await page.goto(`${url}/chat/${threadId}`, { waitUntil: "commit" });
			const seen = await page.waitForFunction(() => (globalThis as { seenAt?: number }).seenAt ?? 0);
			// The first fills the browser's cache.
			if (n > 0) {
				took.push(await seen.jsonValue());
				stages.push(await page.evaluate(stagesOf));
			}
			await page.close();
		}
		console.error(
			`a chat of ${turns} questions, ms until its newest answer is in sight: ${took.map(Math.round).join(", ")}; ` +
				(["firstByte", "lastByte", "scriptsRan"] as const)
					.map((name) => `${name} ${Math.round(median(stages.map((one) => one[name])))}`)
					.join(", "),
		);
		return { ms: median(took), n: openings };
	} finally {
		await browser.close();
	}
}

type Stages = { firstByte: number; lastByte: number; scriptsRan: number };

/** In the page: when the server began to answer, when all of the page was there, and when its deferred scripts had run. */
function stagesOf(): Stages {
	const [page] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
	const { responseStart = 0, responseEnd = 0, domContentLoadedEventEnd = 0 } = page ?? {};
	return { firstByte: responseStart, lastByte: responseEnd, scriptsRan: domContentLoadedEventEnd };
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
