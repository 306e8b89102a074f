import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, type Page, test } from "playwright/test";
import { productDatabase } from "../support/product-database";
import { owner, type Standing, signedIn, stand } from "./standing";
import { fill, type World } from "./world";

const shots = join(import.meta.dirname, "..", "..", "test-results", "look");

/** What the specs of both widths look at: each a product of its own. */
export let standing: Standing;
export let world: World;
export let page: Page;
/** What the browser refused to load or run, and what threw: a page of ours that breaks its own policy, or itself. */
const refused: string[] = [];

function watch(on: Page): void {
	on.on("console", (message) => {
		if (/content security policy/i.test(message.text())) refused.push(`${on.url()}: ${message.text()}`);
	});
	on.on("pageerror", (error) => refused.push(`${on.url()}: ${error.message}`));
}

/** As it stands: a picture in both schemes, no fault that axe finds, no sideways scroll. */
async function look(on: Page, name: string, width: number): Promise<void> {
	for (const colorScheme of ["light", "dark"] as const) {
		await on.emulateMedia({ colorScheme, reducedMotion: "reduce" });
		const over = await on.evaluate(() => {
			const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
			return { width: scrollWidth - clientWidth, height: scrollHeight - clientHeight };
		});
		// What fits is not laid out anew for its picture, which takes three times as long.
		const path = join(shots, `${name}-${colorScheme}-${width}.png`);
		await on.screenshot({ path, fullPage: over.height > 0 });
		expect.soft(over.width, `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
		// The console scrolls inside its shell; a second scroll bar is something that escaped from it.
		if (await on.getByRole("navigation", { name: "Main" }).count())
			expect.soft(over.height, `${name} scrolls beside its shell at ${width} px`).toBeLessThanOrEqual(0);
		// In the page itself: no page of ours has frames, and a second page to put their parts together costs as much again.
		const axe = new AxeBuilder({ page: on }).setLegacyMode().options({ resultTypes: ["violations"] });
		// Of the second scheme only the colours are new.
		const { violations } = await (colorScheme === "light"
			? axe.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
			: axe.withRules(["color-contrast", "link-in-text-block"])
		).analyze();
		const found = violations.map(
			({ id, nodes }) => `${name}, ${colorScheme}: ${id} at ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
		);
		expect.soft(found).toEqual([]);
	}
}

async function lookAtAll(on: Page, paths: Record<string, string>, width: number): Promise<void> {
	await on.setViewportSize({ width, height: 900 });
	for (const [name, path] of Object.entries(paths)) {
		await on.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
		await on.goto(path);
		await on.waitForLoadState("networkidle");
		await look(on, name, width);
	}
}

/** Looks at every page at this width; its file may ask more of what stands there. */
export function lookEverywhere(width: number): void {
	test.beforeAll(async ({ browser }) => {
		test.setTimeout(240_000);
		standing = await stand();
		world = await fill(standing);
		mkdirSync(shots, { recursive: true });
		page = await signedIn(browser, standing.url, owner);
		watch(page);
	});
	test.afterEach(() => {
		expect(refused.splice(0)).toEqual([]);
	});
	test.afterAll(async () => {
		await standing?.remove();
	});
	test(`every page holds at ${width} px`, async () => {
		test.setTimeout(900_000);
		await lookAtAll(page, world.paths, width);
	});

	test(`every page of a stranger holds at ${width} px`, async ({ browser }) => {
		test.setTimeout(300_000);
		const stranger = await (await browser.newContext({ baseURL: standing.url })).newPage();
		watch(stranger);
		await lookAtAll(stranger, world.open, width);
		await stranger.goto("/forgot");
		await stranger.getByLabel("E-mail").fill("nobody@example.test");
		await stranger.getByRole("button", { name: "Send the link" }).click();
		await expect(stranger.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
		await look(stranger, "forgotAsked", width);
		await stranger.goto("/sign-in");
		await stranger.getByLabel("E-mail").fill(world.guarded.email);
		await stranger.getByRole("textbox", { name: "Password" }).fill(world.guarded.password);
		await stranger.getByRole("button", { name: "Sign in" }).click();
		await expect(stranger.getByRole("heading", { name: "Second step" })).toBeVisible();
		await look(stranger, "secondStep", width);
		await stranger.context().close();
	});

	test(`what opens at a click holds at ${width} px`, async () => {
		test.setTimeout(300_000);
		await page.setViewportSize({ width, height: 900 });
		const db = await productDatabase(standing.product);
		// Looking at the pages took its time, and a proof lasts 10 minutes.
		await db.sql`update sessions set proved_at = now()`;
		for (const [name, path] of [
			["shareCollection", world.paths.collection],
			["shareAgent", world.paths.agent],
			["sharePrompt", world.paths.prompt],
		] as const) {
			await page.goto(path ?? "");
			await page.getByRole("button", { name: "Share", exact: true }).click();
			await expect(page.getByRole("list", { name: "Shared with" }).getByRole("listitem").first()).toBeVisible();
			await look(page, name, width);
		}
		await page.goto(world.paths.thread ?? "");
		await page
			.getByRole("button", { name: /^Window/ })
			.first()
			.click();
		await expect(page.getByRole("table", { name: /What filled/ })).toBeVisible();
		await look(page, "window", width);
		await page.goto(world.paths.experiment ?? "");
		await page.getByRole("button", { name: "Calibrate…" }).click();
		await expect(page.getByRole("dialog").getByText(/It takes \d+ answers/)).toBeVisible();
		await look(page, "calibrate", width);
		await page.goto("/account/keys");
		await page.getByRole("button", { name: "Create key" }).click();
		await look(page, "newKey", width);
		await page.getByLabel("Name").fill(`Looked at ${width} px`);
		await page.getByRole("button", { name: "Choose all of these" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
		await expect(page.getByRole("button", { name: "Copy the key" })).toBeVisible();
		await look(page, "keySecret", width);
		await page.getByRole("button", { name: "I have copied it" }).click();
		await page.getByRole("button", { name: "Nightly import", exact: true }).first().click();
		await expect(page.getByRole("dialog").getByText("knowledge:write")).toBeVisible();
		await look(page, "keyFacts", width);
		await page.goto("/account/security");
		await page.getByRole("button", { name: "Add app" }).click();
		await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
		await look(page, "addApp", width);
		await page.goto(world.paths.role ?? "");
		await page.getByLabel("agents:write", { exact: true }).check();
		await page.getByRole("button", { name: "Look at the difference" }).click();
		await expect(page.getByText(/people hold it|person holds it/)).toBeVisible();
		await look(page, "roleDifference", width);
		await db.sql`update sessions set proved_at = now() - interval '1 hour'`;
		await page.goto(world.paths.mail ?? "");
		await page.getByRole("button", { name: "Open the mail" }).click();
		await expect(page.getByRole("dialog", { name: "Confirm that it is you" })).toBeVisible();
		await expect(page.getByRole("textbox", { name: "Password" })).toBeFocused();
		await look(page, "stepUp", width);
		await page.getByRole("textbox", { name: "Password" }).fill(owner.password);
		await page.getByRole("button", { name: "Confirm", exact: true }).first().click();
		await expect(page.getByRole("dialog")).toBeHidden();
		await look(page, "mailOpened", width);
		await db.close();
	});
}
