import { expect, test } from "playwright/test";
import { productDatabase } from "../support/product-database";
import { lookEverywhere, page, standing, world } from "./looks";

lookEverywhere(1440);

test("a long chat opens at its newest answer, grows upwards without a jump, and is entered at any of its answers", async () => {
	const db = await productDatabase(standing.product);
	const from = /\/chat\/([^?]+)/.exec(world.paths.thread ?? "")?.[1] ?? "";
	const [thread] =
		await db.sql`insert into threads (user_id, agent_id, title) select user_id, agent_id, 'A long chat' from threads where id = ${from} returning id`;
	const runs = await db.sql`
		insert into runs (thread_id, user_id, agent_id, agent_version_id, question, answer, result, state, request_id, created_at, started_at, ended_at)
		select ${thread?.id}, user_id, agent_id, agent_version_id, 'Question ' || n || ' of the chat', repeat('The ferry uses berth 2 on Sundays. ', 1 + n % 9), result,
			'succeeded', 'seed', now() - (61 - n) * interval '1 minute', now(), now()
		from runs, generate_series(1, 60) n where id = (select id from runs where thread_id = ${from} order by created_at limit 1) returning id, created_at`;
	const oldest = runs.toSorted((one, other) => Number(one.created_at) - Number(other.created_at))[0];
	await db.close();
	await page.setViewportSize({ width: 1440, height: 900 });
	await page.goto(`/chat/${thread?.id}`);
	const newest = page.locator("article").last();
	await expect(newest).toContainText("Question 60 of the chat");
	await expect(newest.getByText("berth 2").first()).toBeInViewport();
	const frame = page.getByRole("region", { name: "Conversation" });
	const shown = page.locator("article");
	// The newest few fill the window; more come once the page stands.
	await expect.poll(() => shown.count()).toBe(20);
	const firstId = await shown.first().getAttribute("id");
	const topOf = (id: string | null) =>
		page.evaluate((of) => document.getElementById(of ?? "")?.getBoundingClientRect().top ?? Number.NaN, id);
	await frame.evaluate((element) => {
		element.scrollTop = 200;
	});
	const before = await topOf(firstId);
	await expect.poll(() => shown.count()).toBe(60);
	expect(Math.abs((await topOf(firstId)) - before)).toBeLessThan(2);
	await page.goto("/chat");
	await page.goto(`/chat/${thread?.id}#${oldest?.id}`);
	await expect(page.locator(`[id="${oldest?.id}"]`)).toBeInViewport();
});

test("the palette opens by keyboard and leads to a page", async () => {
	await page.setViewportSize({ width: 1440, height: 900 });
	await page.goto("/agents");
	await page.keyboard.press("Control+k");
	await page.getByPlaceholder(/search/i).fill("Audit");
	await page.keyboard.press("Enter");
	await page.waitForURL("**/audit**");
});

test("scripts of others have no place in the content security policy", async () => {
	await page.goto("/knowledge");
	await page.getByRole("button", { name: "New collection" }).first().click();
	await expect(page.getByRole("dialog")).toBeVisible();
	await page.keyboard.press("Escape");
	const policy = (await page.request.get("/chat")).headers()["content-security-policy"] ?? "";
	expect(policy).not.toMatch(/script-src[^;]*unsafe/);
});

test("nothing links to a page that is not there", async () => {
	await page.goto("/chat");
	const links = await page
		.getByRole("link")
		.evaluateAll((all) => [...new Set(all.map((one) => new URL((one as HTMLAnchorElement).href).pathname))]);
	for (const path of links) expect((await page.request.get(path)).status(), path).toBe(200);
});
