import { chromium } from "playwright";
import { chromium as browserOnPath } from "@/scripts/tools.mjs";
import type { Client } from "@/tests/support/client";
import { median } from "./stream-material";

const openings = 9;

type Opening = { url: string; client: Client; path: string; what: string };

/**
 * A page opened in Chromium by its address: from the beginning of the navigation until `watch`, which runs in the page, sets
 * `seenAt`, in ms. The browser has its session and the product's scripts from an opening before; the page comes from the server each
 * time. Null where there is no Chromium.
 */
export async function timeOpenings(
	{ url, client, path, what }: Opening,
	watch: (word: string) => void,
	word: string,
): Promise<{ ms: number; n: number } | null> {
	const executablePath = browserOnPath();
	if (!executablePath) return null;
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
			await page.addInitScript(watch, word);
			await page.goto(`${url}${path}`, { waitUntil: "commit" });
			const seen = await page.waitForFunction(() => (globalThis as { seenAt?: number }).seenAt ?? 0);
			// The first fills the browser's cache.
			if (n > 0) {
				took.push(await seen.jsonValue());
				stages.push(await page.evaluate(stagesOf));
			}
			await page.close();
		}
		console.error(
			`${what}, ms until it is in sight: ${took.map(Math.round).join(", ")}; ` +
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
