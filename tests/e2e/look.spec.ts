import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { owner, type Standing, signedIn, stand } from "./standing";

const shots = join(import.meta.dirname, "..", "..", "test-results", "look");
const text = `# Berths\n\n${"The ferry Marrowby uses berth 4 on weekdays and berth 2 on Sundays. ".repeat(30)}`;

let standing: Standing;
/** Every page that has something on it, by a name for its picture. */
let paths: Record<string, string>;
let page: Page;
/** What the browser refused to load or run: a page of ours that breaks its own policy. */
const refused: string[] = [];

function watchPolicy(on: Page): void {
	on.on("console", (message) => {
		if (/content security policy/i.test(message.text())) refused.push(`${on.url()}: ${message.text()}`);
	});
}

test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
	test.setTimeout(180_000);
	standing = await stand();
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(standing.url, owner);
	const collection = await api.knowledge.createCollection.mutate({
		name: "Harbour",
		description: "Berths and tides.",
		access: "everyone",
	});
	const upload = await api.knowledge.upload.mutate(new Blob([text]));
	const { document } = await api.knowledge.addDocument.mutate({
		collectionId: collection.id,
		uploadId: upload.uploadId,
		name: "berths.md",
	});
	await expect
		.poll(async () => (await api.knowledge.getCollection.query({ collectionId: collection.id })).readyCount, {
			timeout: 60_000,
		})
		.toBe(1);
	const { runId, threadId } = await api.runs.start.mutate({
		question: "Which berth does the ferry Marrowby use on Sundays?",
	});
	await expect.poll(async () => (await api.runs.get.query({ runId })).state, { timeout: 30_000 }).toBe("succeeded");
	const { prompt } = await api.prompts.create.mutate({
		name: "Harbour voice",
		body: "Answer as the harbour office does: short, with times.",
		message: "First",
	});
	await api.agents.create.mutate({
		name: "Harbour office",
		description: "Berths, tides and departures.",
		promptVersionId: prompt.latestVersionId,
	});
	paths = {
		chat: "/chat",
		thread: `/chat/${threadId}`,
		agents: "/agents",
		knowledge: "/knowledge",
		collection: `/knowledge/${collection.id}`,
		document: `/knowledge/documents/${document.id}`,
		runs: "/runs",
		prompts: "/prompts",
		prompt: `/prompts/${prompt.id}`,
		procedures: "/procedures",
		jobs: "/jobs",
		audit: "/audit",
		auditExports: "/audit/exports",
		auditSettings: "/audit/settings",
		users: "/users",
		groups: "/users/groups",
		roles: "/users/roles",
		role: "/users/roles/admin",
		access: "/users/access",
		system: "/system",
	};
	mkdirSync(shots, { recursive: true });
	page = await signedIn(browser, standing.url, owner);
	watchPolicy(page);
});
test.afterAll(async () => {
	await standing?.remove();
});

for (const scheme of ["light", "dark"] as const)
	for (const width of [1440, 360])
		test(`every page in ${scheme} at ${width} px: no fault that axe finds, no sideways scroll`, async () => {
			test.setTimeout(180_000);
			await page.setViewportSize({ width, height: 900 });
			await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
			for (const [name, path] of Object.entries(paths)) {
				await page.goto(path);
				await page.waitForLoadState("networkidle");
				await page.screenshot({ path: join(shots, `${name}-${scheme}-${width}.png`) });
				const overflow = await page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
				);
				expect.soft(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
				const { violations } = await new AxeBuilder({ page })
					.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
					.analyze();
				const found = violations.map(
					({ id, nodes }) => `${name}: ${id} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
				);
				expect.soft(found).toEqual([]);
			}
		});

test("the sign-in page holds in both schemes", async ({ browser }) => {
	const stranger = await (await browser.newContext({ baseURL: standing.url })).newPage();
	watchPolicy(stranger);
	for (const scheme of ["light", "dark"] as const) {
		await stranger.emulateMedia({ colorScheme: scheme });
		await stranger.goto("/sign-in");
		await stranger.screenshot({ path: join(shots, `sign-in-${scheme}-1280.png`) });
		const { violations } = await new AxeBuilder({ page: stranger }).analyze();
		expect(violations.map(({ id }) => id)).toEqual([]);
	}
	await stranger.context().close();
});

test("the palette opens by keyboard and leads to a page", async () => {
	await page.setViewportSize({ width: 1440, height: 900 });
	await page.goto("/agents");
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder(/search/i).fill("Audit");
	await page.keyboard.press("Enter");
	await page.waitForURL("**/audit**");
});

test("no page broke its own content security policy", async () => {
	await page.goto("/knowledge");
	await page.getByRole("button", { name: "New collection" }).first().click();
	await expect(page.getByRole("dialog")).toBeVisible();
	await page.keyboard.press("Escape");
	const policy = (await page.request.get("/chat")).headers()["content-security-policy"] ?? "";
	expect(policy).not.toMatch(/script-src[^;]*unsafe/);
	expect(refused).toEqual([]);
});

test("nothing links to a page that is not there", async () => {
	await page.goto("/chat");
	const links = await page
		.getByRole("link")
		.evaluateAll((all) => [...new Set(all.map((one) => new URL((one as HTMLAnchorElement).href).pathname))]);
	for (const path of links) expect((await page.request.get(path)).status(), path).toBe(200);
});
