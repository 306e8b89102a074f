import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, type Page, test } from "playwright/test";
import { owner, type Standing, signedIn, stand, viewer } from "./standing";
import { fill, type World } from "./world";

let standing: Standing;
let world: World;
let page: Page;

test.beforeAll(async ({ browser }) => {
	test.setTimeout(240_000);
	standing = await stand();
	world = await fill(standing);
	page = await signedIn(browser, standing.url, owner);
	await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
});
test.afterAll(async () => {
	await standing?.remove();
});

test("a key is made, copied, works, is renewed and revoked", async () => {
	await page.goto("/account/keys");
	await page.getByRole("button", { name: "Create key" }).click();
	await page.getByLabel("Name").fill("Wallboard");
	await page.getByLabel("account:read", { exact: true }).check();
	await page.getByRole("dialog").getByRole("button", { name: "Create key" }).click();
	await page.getByRole("button", { name: "Copy the key" }).click();
	const secret = await page.evaluate(() => navigator.clipboard.readText());
	const me = () => fetch(`${standing.url}/api/v1/me`, { headers: { authorization: `Bearer ${secret}` } });
	expect((await me()).status).toBe(200);
	await page.getByRole("button", { name: "I have copied it" }).click();
	const own = page.getByRole("table", { name: "Your API keys" });
	await own.getByRole("button", { name: "Renew Wallboard" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Renew" }).click();
	await page.getByRole("button", { name: "I have copied it" }).click();
	await own.getByRole("button", { name: "Revoke Wallboard" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
	await expect(own.getByRole("row", { name: /Wallboard/ }).getByText("Revoked", { exact: true })).toBeVisible();
	await expect.poll(async () => (await me()).status, { timeout: 15_000 }).toBe(401);
});

test("another session is ended from one's own account", async ({ browser }) => {
	const other = await signedIn(browser, standing.url, owner);
	await page.goto("/account/sessions");
	const rows = page.getByRole("table", { name: "Sessions" }).getByRole("row");
	const before = await rows.count();
	await page
		.getByRole("button", { name: /^Sign out (?!everywhere)/ })
		.first()
		.click();
	await page.getByRole("dialog").getByRole("button", { name: "Sign out" }).click();
	await expect(rows).toHaveCount(before - 1);
	await page.getByRole("button", { name: "Sign out everywhere else" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Sign out everywhere else" }).click();
	await expect(rows).toHaveCount(2);
	await expect(async () => {
		await other.goto("/chat");
		await other.waitForURL("**/sign-in**", { timeout: 2_000 });
	}).toPass({ timeout: 15_000 });
	await other.context().close();
});

test("a group gets a role and a member, and a role is changed with its difference seen first", async () => {
	await page.goto("/users/groups");
	await page.getByRole("button", { name: "New group" }).click();
	await page.getByLabel("Name").fill("Pilots");
	await page.getByRole("button", { name: "Create group" }).click();
	const panel = page.getByRole("complementary", { name: "Group" });
	await expect(panel.getByRole("heading", { name: "Pilots" })).toBeVisible();
	await panel.getByLabel("Role to give").selectOption({ label: "Prompt reader" });
	await panel.getByRole("button", { name: "Give role" }).click();
	await expect(panel.getByRole("link", { name: "Prompt reader" })).toBeVisible();
	await panel.getByRole("combobox", { name: "Put somebody in" }).fill("vic");
	await page.getByRole("option", { name: new RegExp(viewer.name) }).click();
	await panel.getByRole("button", { name: "Add", exact: true }).click();
	await expect(panel.getByRole("link", { name: viewer.name })).toBeVisible();

	await page.goto(world.paths.role ?? "");
	await page.getByLabel("jobs:read", { exact: true }).check();
	await page.getByRole("button", { name: "Look at the difference" }).click();
	const dialog = page.getByRole("dialog", { name: "What changes" });
	await expect(dialog.getByText(viewer.name)).toBeVisible();
	await dialog.getByRole("button", { name: "Save role" }).click();
	await expect(dialog).toBeHidden();
});

test("why somebody may not do a thing is told for whom one picks", async () => {
	await page.goto("/users/access");
	await page.getByRole("combobox", { name: "About whom" }).fill("vic");
	await page.getByRole("option", { name: new RegExp(viewer.name) }).click();
	await page.getByLabel("Do what").selectOption("users:write");
	await expect(page.getByRole("status", { name: "Answer" }).getByText("Not allowed")).toBeVisible();
	await page.reload();
	await expect(page.getByRole("combobox", { name: "About whom" })).toHaveValue(viewer.name);
	await page.getByRole("button", { name: "Preview as this person" }).click();
	await expect(page.getByText("Harbour", { exact: true }).first()).toBeVisible();
});

test("a collection is shared with a person, and no longer", async () => {
	await page.goto(world.paths.collection ?? "");
	await page.getByRole("button", { name: "Share", exact: true }).click();
	const dialog = page.getByRole("dialog", { name: "Share Harbour" });
	await dialog.getByRole("combobox", { name: "Share with" }).fill("vic");
	await page.getByRole("option", { name: new RegExp(viewer.name) }).click();
	await dialog.getByRole("button", { name: "Share", exact: true }).click();
	await dialog.getByRole("button", { name: `Stop sharing with ${viewer.name}` }).click();
	await expect(dialog.getByText(viewer.name)).toBeHidden();
});

test("an export is asked for, and comes with its certificate", async () => {
	await page.goto("/audit?action=role.update");
	await page.getByRole("button", { name: "Export…" }).click();
	await page.getByRole("dialog").getByRole("radio", { name: /JSONL/ }).check();
	await page.getByRole("dialog").getByRole("button", { name: "Export", exact: true }).click();
	await page.waitForURL("**/audit/exports");
	const row = page.getByRole("row", { name: /jsonl/ }).first();
	await expect(row.getByRole("link", { name: "File" })).toBeVisible({ timeout: 60_000 });
	const file = page.waitForEvent("download");
	await row.getByRole("link", { name: "File" }).click();
	expect(await readFile(await (await file).path(), "utf8")).toContain("role.update");
	const certificate = page.waitForEvent("download");
	await row.getByRole("link", { name: "Certificate" }).click();
	expect((await certificate).suggestedFilename()).toMatch(/\.pdf$/);
});

test("streaming and a hold are set, and the form keeps what is wrong in sight", async () => {
	await page.goto("/audit/settings");
	await page.getByLabel("Address").fill("not an address");
	await page.getByRole("button", { name: "Make one" }).click();
	const streaming = page.getByRole("region", { name: "Streaming" });
	await streaming.getByRole("button", { name: "Save" }).click();
	await expect(streaming.getByRole("alert")).toBeVisible();
	await expect(page.getByLabel("Address")).toHaveValue("not an address");
	await page.getByLabel("Reason").fill("An inquiry");
	await page.getByRole("button", { name: "Place hold" }).click();
	const holds = page.getByRole("list", { name: "Holds" });
	await expect(holds.getByText("An inquiry")).toBeVisible();
	await holds.getByRole("button", { name: "Release" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Release" }).click();
	await expect(holds.getByText(/released/)).toBeVisible();
});

test("a procedure is tried in each of its faces, and then stands among who called it last", async () => {
	await page.goto("/procedures?open=knowledge.listCollections");
	const panel = page.getByRole("complementary", { name: "Procedure" });
	const input = panel.getByLabel("Input, as JSON");
	await input.fill('{ "limit": 1, "sort": "name" }');
	for (const face of ["RPC", "REST", "MCP"]) {
		await panel.getByRole("radio", { name: face, exact: true }).check();
		await panel.getByRole("button", { name: `Send as ${face}` }).click();
		await expect(panel.getByRole("status", { name: "Answer" }).first()).toContainText("Answer: 200");
	}
	await panel.getByRole("radio", { name: "REST", exact: true }).check();
	await expect(panel.getByRole("region", { name: "The request" })).toContainText(
		"GET /api/v1/collections?limit=1&sort=name",
	);
	await input.fill('{ "limit": ');
	await expect(panel.getByRole("button", { name: "Send as REST" })).toBeDisabled();
	await expect(async () => {
		await page.goto("/procedures?open=knowledge.listCollections");
		await expect(panel.getByText(`${owner.name} by mcp`)).toBeVisible({ timeout: 5_000 });
	}).toPass({ timeout: 60_000 });
	await expect(panel.getByRole("status", { name: "Answer" }).first()).toContainText("Allowed");
});

test("what is dangerous is asked about before it is tried", async () => {
	await page.goto("/procedures?open=access.createRole");
	const panel = page.getByRole("complementary", { name: "Procedure" });
	await panel.getByLabel("Input, as JSON").fill('{ "name": "Tried", "permissions": ["account:read"] }');
	await panel.getByRole("button", { name: "Send as RPC" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
	await expect(panel.getByText(/^Answer: /)).toHaveCount(0);
	await panel.getByRole("button", { name: "Send as RPC" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Call it" }).click();
	await expect(panel.getByText(/^Answer: 200/)).toBeVisible();
});

test("a draft says what is new, and answers from the moment that it is published", async () => {
	await page.goto(world.paths.agentDefinition ?? "");
	await expect(page.getByRole("table", { name: "What is new since version 2" })).toContainText("knowledge.search");
	await page.getByRole("button", { name: "Publish" }).click();
	await expect(page.getByText("version 3 answers")).toBeVisible();
	await page.getByRole("link", { name: "Versions" }).click();
	await expect(page.getByText("Looks for itself")).toBeVisible();
});

test("a webhook is made, its secret is shown once, and a call that is signed with it asks the agent", async () => {
	await page.goto(world.paths.agentTriggers ?? "");
	await page.getByRole("button", { name: "Add webhook" }).click();
	await page.getByLabel("Name").fill("Gate");
	await page.getByLabel("What to ask").fill("Which berth is free?");
	await page.getByRole("dialog").getByRole("button", { name: "Add webhook" }).click();
	await page.getByRole("button", { name: "Copy the secret" }).click();
	const secret = await page.evaluate(() => navigator.clipboard.readText());
	await page.getByRole("button", { name: "Copy the example" }).click();
	const example = await page.evaluate(() => navigator.clipboard.readText());
	await page.getByRole("button", { name: "I have copied it" }).click();
	const address = /http\S+\/api\/hooks\/\S+/.exec(example)?.[0] ?? "";
	const at = String(Math.floor(Date.now() / 1000));
	const sign = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"))
		.update(`call-1.${at}.{"gate":3}`)
		.digest("base64");
	const call = (signature: string) =>
		fetch(address, {
			method: "POST",
			headers: { "webhook-id": "call-1", "webhook-timestamp": at, "webhook-signature": signature },
			body: '{"gate":3}',
		});
	expect((await call("v1,bm90IHRoaXM=")).status).toBe(401);
	const answer = await call(`v1,${sign}`);
	expect(answer.status).toBe(202);
	const { runId } = (await answer.json()) as { runId: string };
	await page.reload();
	const gate = page.getByRole("listitem").filter({ hasText: "Gate" });
	await gate.getByText("Last times").click();
	await expect(gate.getByRole("link", { name: "Run" })).toHaveAttribute("href", `/runs?open=${runId}`);
	await page.goto(`/runs?open=${runId}`);
	await expect(page.getByText("Which berth is free?").first()).toBeVisible();
});

test("a route is put in order and made the default, and an answer says who was away", async () => {
	const { provider } = standing;
	await page.goto(world.paths.modelRoute ?? "");
	const panel = page.getByRole("complementary", { name: "Route" });
	await panel.getByRole("button", { name: "Change", exact: true }).click();
	const form = page.getByRole("dialog");
	const order = form.getByRole("listitem");
	await expect(order.first()).toContainText("harbour-small");
	await form.getByRole("button", { name: "Ask harbour-small later" }).click();
	await expect(order.first()).toContainText("harbour-large");
	await form.getByRole("button", { name: "Ask harbour-large later" }).click();
	await form.getByRole("button", { name: "Save" }).click();
	await panel.getByRole("button", { name: "Make it the default" }).click();
	await expect(page.getByText("Agents that name no route ask house.")).toBeVisible();
	provider.when("harbour-small", { fault: "429", retryAfterSeconds: 60 });
	provider.when("harbour-large", { text: "The ferry uses berth 2 on Sundays [1]." });
	await page.goto("/chat");
	await page.getByRole("textbox", { name: "Ask a question" }).fill("Which berth does the ferry Marrowby use?");
	await page.getByRole("button", { name: "Ask", exact: true }).click();
	await expect(page.getByText("Answered by harbour-large; harbour-small was away (429)")).toBeVisible({
		timeout: 30_000,
	});
	provider.forget();
	await page.goto(world.paths.modelRoute ?? "");
	await panel.getByRole("button", { name: "No longer the default" }).click();
	await expect(panel.getByRole("button", { name: "Make it the default" })).toBeVisible();
});
