import { Secret, TOTP } from "otpauth";
import { type Browser, expect, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { owner, type Standing, signedIn, stand } from "./standing";

/** Of the invited person; their name and password are their own choice. */
const ada = { name: "Ada Invited", email: "ada@example.test", password: "a password that Ada made up" };

let standing: Standing;
let owners: Page;
let adas: Page;
let recoveryCodes: string[] = [];

test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
	test.setTimeout(180_000);
	standing = await stand();
	const { api } = await connect(standing.url);
	await api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	owners = await signedIn(browser, standing.url, owner);
	adas = await (await browser.newContext({ baseURL: standing.url })).newPage();
});
test.afterAll(async () => {
	await standing?.remove();
});

/** What the audit has of these actions, newest first. */
async function entries(action: string) {
	const { api } = await connect(standing.url, owner);
	return (await api.audit.list.query({ limit: 200 })).rows.filter((row) => row.action === action);
}

test("the owner invites Ada, and hands her the link that the outbox keeps", async () => {
	await owners.goto("/users");
	await owners.getByRole("button", { name: "Invite", exact: true }).click();
	const form = owners.getByRole("dialog", { name: "Invite somebody" });
	await form.getByLabel("E-mail").fill(ada.email);
	await form.getByLabel("Role").selectOption("staff");
	await form.getByRole("button", { name: "Invite" }).click();
	await expect(form).toBeHidden();
	await owners.goto(`/system/outbox?to=${encodeURIComponent(ada.email)}`);
	await owners.getByRole("row", { name: ada.email }).click();
	await owners.getByRole("button", { name: "Open the mail" }).click();
	await expect(owners.getByRole("button", { name: "Copy the link" })).toBeVisible();
});

test("Ada accepts, chooses her password, and is in; the link serves nobody else", async ({ browser }) => {
	const { api } = await connect(standing.url, owner);
	const mail = (await api.mail.list.query({})).rows.find((row) => row.recipient === ada.email);
	const { link } = await api.mail.open.mutate({ mailId: mail?.id ?? "" });
	const path = new URL(link ?? "", standing.url);
	const address = `${path.pathname}${path.search}${path.hash}`;
	await adas.goto(address);
	await expect(adas.getByRole("heading", { name: `${owner.name} invites you` })).toBeVisible();
	await adas.getByLabel("Your name").fill(ada.name);
	await adas.getByRole("textbox", { name: "Password" }).fill(ada.password);
	await adas.getByRole("button", { name: "Make the account" }).click();
	await adas.waitForURL("**/chat");
	const late = await (await browser.newContext({ baseURL: standing.url })).newPage();
	await late.goto(address);
	await expect(late.getByText("This invitation doesn't work any more")).toBeVisible();
	await late.context().close();
});

test("Ada adds an app for codes, and is asked for it from then on", async ({ browser }) => {
	await adas.goto("/account/security");
	await adas.getByRole("button", { name: "Add app" }).first().click();
	const form = adas.getByRole("dialog", { name: "Add an app for codes" });
	await expect(form.getByRole("img", { name: /QR code/ })).toBeVisible();
	const secret = Secret.fromBase32((await form.locator("code").innerText()).replaceAll(" ", ""));
	const field = form.getByLabel("The code that it shows now");
	await field.fill("000000");
	await form.getByRole("button", { name: "Add app" }).click();
	await expect(form.getByRole("alert")).toBeVisible();
	await field.fill(new TOTP({ secret }).generate());
	await form.getByRole("button", { name: "Add app" }).click();
	const codes = adas.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
	await expect(codes).toHaveCount(10);
	recoveryCodes = await codes.allInnerTexts();
	await adas.getByRole("button", { name: "I have kept them" }).click();
	await expect(adas.getByText("Six digits every 30 seconds")).toBeVisible();

	await (await elsewhere(browser)).context().close();
});

/** Ada's second session, in a browser of its own: the password is half of the way, a code of hers the other. */
async function elsewhere(browser: Browser): Promise<Page> {
	const page = await (await browser.newContext({ baseURL: standing.url })).newPage();
	await page.goto("/sign-in");
	await page.getByLabel("E-mail").fill(ada.email);
	await page.getByRole("textbox", { name: "Password" }).fill(ada.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByRole("heading", { name: "Second step" })).toBeVisible();
	await page.getByRole("button", { name: "Use a recovery code" }).click();
	await page.getByLabel("Recovery code").fill(recoveryCodes.pop() ?? "");
	await page.getByRole("button", { name: "Continue" }).click();
	await page.waitForURL("**/chat");
	return page;
}

test("a role of one's own making: denied without it, explained, granted, and explained again", async () => {
	test.setTimeout(120_000);
	const { api } = await connect(standing.url, owner);
	await api.prompts.create.mutate({ name: "House style", body: "Be brief." });
	const { rows } = await api.users.list.query({});
	const who = rows.find((row) => row.email === ada.email)?.id ?? "";

	await owners.goto("/users/roles/new");
	await owners.getByLabel("Name").fill("Prompt reader");
	await owners.getByLabel("prompts:read", { exact: true }).check();
	await owners.getByRole("button", { name: "Create role" }).click();
	await expect(owners.getByRole("heading", { name: "Prompt reader" })).toBeVisible();

	await adas.goto("/prompts");
	await expect(adas.getByText(/prompts:read|not found/i).first()).toBeVisible();
	await expect(adas.getByText("House style")).toBeHidden();

	const answer = owners.getByRole("status", { name: "Answer" });
	await owners.goto(`/users/access?who=${who}&what=prompts:read`);
	await expect(answer.getByText("Not allowed")).toBeVisible();
	await expect(answer.getByText("What would help:")).toBeVisible();

	await owners.goto(`/users?open=${who}`);
	await owners.getByLabel("Role to give").selectOption({ label: "Prompt reader" });
	await owners.getByRole("button", { name: "Give role" }).click();
	await expect(owners.getByRole("button", { name: "Take the role Prompt reader away" })).toBeVisible();

	await owners.goto(`/users/access?who=${who}&what=prompts:read`);
	await expect(answer.getByText("Allowed", { exact: true })).toBeVisible();
	await expect(answer.getByText(/Prompt reader/)).toBeVisible();
	await expect(async () => {
		await adas.goto("/prompts");
		await expect(adas.getByRole("heading", { name: "Prompts" })).toBeVisible({ timeout: 2_000 });
	}).toPass({ timeout: 15_000 });
});

test("all of it stands in the audit, and the chain of it is verified", async () => {
	for (const action of ["invitation.create", "invitation.accept", "role.create", "user.assign-role"])
		expect(await entries(action), action).not.toEqual([]);
	expect((await entries("prompts.list"))[0]).toMatchObject({ outcome: "denied" });
	await owners.goto("/audit");
	await expect(
		owners.getByRole("table", { name: "Audit entries" }).getByText("user.assign-role").first(),
	).toBeVisible();
	const chain = owners.getByRole("region", { name: "Chain" });
	await chain.getByRole("button", { name: "Verify" }).click();
	await expect(chain.getByText(/^verified, all \d+ hold/)).toBeVisible({ timeout: 60_000 });
});

test("signing out elsewhere closes a stream that is open", async ({ browser }) => {
	test.setTimeout(120_000);
	const { api } = await connect(standing.url, owner);
	const { id } = await api.knowledge.createCollection.mutate({ name: "Handbook", access: "everyone" });
	const text = "# Annual leave\n\nEveryone has 25 days of annual leave in a year. Ask your manager for days of leave.";
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([text]));
	const { document } = await api.knowledge.addDocument.mutate({ collectionId: id, uploadId, name: "leave.md" });
	await expect
		.poll(async () => (await api.knowledge.getDocument.query({ documentId: document.id })).state, { timeout: 60_000 })
		.toBe("ready");

	standing.provider.usually({ tokens: 900, intervalMs: 60 });
	await adas.goto("/chat");
	await adas.getByRole("textbox", { name: "Ask a question" }).fill("How many days of annual leave do I have?");
	await adas.getByRole("button", { name: "Ask", exact: true }).click();
	await expect(adas.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	await expect(adas.getByRole("article").last()).toContainText("annual leave");

	const page = await elsewhere(browser);
	await page.goto("/account/sessions");
	await page.getByRole("button", { name: "Sign out everywhere else" }).click();
	await page
		.getByRole("dialog")
		.getByRole("button", { name: /Sign out/ })
		.click();
	// The run ends, or the stream does, whichever is quicker; either way nothing goes on, and the next step asks to sign in.
	await expect(adas.getByRole("button", { name: "Stop", exact: true })).toBeHidden({ timeout: 15_000 });
	await adas.reload();
	await adas.waitForURL("**/sign-in**");
	await page.context().close();
});
