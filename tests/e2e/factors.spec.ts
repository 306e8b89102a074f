import { Secret, TOTP } from "otpauth";
import { type BrowserContext, expect, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { productDatabase } from "../support/product-database";
import { owner, type Standing, staff, stand } from "./standing";

let standing: Standing;
/** By name: a passkey belongs to a name, never to an address. */
let url: string;
let context: BrowserContext;
let page: Page;
let secret = "";
let codes: string[] = [];

test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
	test.setTimeout(180_000);
	standing = await stand();
	url = standing.url.replace("127.0.0.1", "localhost");
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(standing.url, owner);
	await api.users.create.mutate({ ...staff, role: "staff" });
	context = await browser.newContext({ baseURL: url });
	page = await context.newPage();
	const devtools = await context.newCDPSession(page);
	await devtools.send("WebAuthn.enable");
	await devtools.send("WebAuthn.addVirtualAuthenticator", {
		options: {
			protocol: "ctap2",
			transport: "internal",
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});
});
test.afterAll(async () => {
	await standing?.remove();
});

const typePassword = async (on: Page) => {
	await on.goto("/sign-in");
	await on.getByLabel("E-mail").fill(owner.email);
	await on.getByRole("textbox", { name: "Password" }).fill(owner.password);
	await on.getByRole("button", { name: "Sign in" }).click();
};
const code = () => new TOTP({ secret: Secret.fromBase32(secret) }).generate();

test("a passkey is added, with recovery codes that are shown once, and signs in alone", async () => {
	await typePassword(page);
	await page.waitForURL("**/chat");
	await page.goto("/account/security");
	await page.getByRole("button", { name: "Add passkey" }).click();
	await page.getByLabel("Name").fill("Laptop");
	await page.getByRole("button", { name: "Continue in the browser" }).click();
	const shown = page.getByRole("dialog", { name: "Your recovery codes" });
	await expect(shown.getByRole("listitem")).toHaveCount(10);
	codes = await shown.getByRole("listitem").allInnerTexts();
	await shown.getByRole("button", { name: "I have kept them" }).click();
	await expect(page.getByRole("listitem").filter({ hasText: "Laptop" })).toBeVisible();
	await page.getByRole("button", { name: owner.name }).click();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.waitForURL("**/sign-in**");
	await page.getByRole("button", { name: "Use a passkey" }).click();
	await page.waitForURL("**/chat");
});

test("an app for codes is added, and asked for after the password; a recovery code stands in for it", async ({
	browser,
}) => {
	await page.goto("/account/security");
	await page.getByRole("button", { name: "Add app" }).click();
	const form = page.getByRole("dialog", { name: "Add an app for codes" });
	await expect(form.getByRole("img", { name: /QR code/ })).toBeVisible();
	secret = (await form.locator("code").innerText()).replaceAll(" ", "");
	await form.getByLabel("The code that it shows now").fill(code());
	await form.getByRole("button", { name: "Add app" }).click();
	await expect(page.getByText("Six digits every 30 seconds")).toBeVisible();

	const other = await (await browser.newContext({ baseURL: url })).newPage();
	await typePassword(other);
	await other.getByLabel("Code", { exact: true }).fill("000000");
	await other.getByRole("button", { name: "Continue" }).click();
	await expect(other.getByText("This code is not right")).toBeVisible();
	await other.goto("/chat");
	await other.waitForURL("**/sign-in**");
	await typePassword(other);
	await other.getByRole("button", { name: "Use a recovery code" }).click();
	await other.getByLabel("Recovery code").fill(codes[0] ?? "");
	await other.getByRole("button", { name: "Continue" }).click();
	await other.waitForURL("**/chat");
	await other.context().close();
});

test("what is dangerous asks again, and goes on with what was typed", async () => {
	const db = await productDatabase(standing.product);
	await db.sql`update sessions set proved_at = now() - interval '1 hour'`;
	await db.sql`update totp_factors set last_step = 1`;
	await db.close();
	await page.goto("/users");
	await page.getByRole("row", { name: staff.name }).getByRole("button").first().click();
	await page.getByRole("button", { name: "Disable account" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Disable account" }).click();
	const question = page.getByRole("dialog", { name: "Confirm that it is you" });
	await question.getByLabel("Code of your app").fill("000000");
	await question.getByLabel("Code of your app").press("Enter");
	await expect(question.getByText("This code is not right")).toBeVisible();
	await question.getByRole("button", { name: "Use a passkey" }).click();
	await expect(question).toBeHidden();
	await expect(page.getByText("Disabled").filter({ visible: true }).first()).toBeVisible();
});

test("whose role asks for a second factor gets nowhere but to adding one", async ({ browser }) => {
	const { api } = await connect(standing.url, owner).catch(() => ({ api: null }));
	expect(api).toBeNull();
	const db = await productDatabase(standing.product);
	await db.sql`update users set disabled_at = null`;
	await db.sql`insert into factor_policies (role) values ('staff')`;
	await db.close();
	const theirs = await (await browser.newContext({ baseURL: url })).newPage();
	await theirs.goto("/sign-in");
	await theirs.getByLabel("E-mail").fill(staff.email);
	await theirs.getByRole("textbox", { name: "Password" }).fill(staff.password);
	await theirs.getByRole("button", { name: "Sign in" }).click();
	await theirs.waitForURL("**/account/security");
	await expect(theirs.getByText("Your role asks for a second factor.")).toBeVisible();
	await theirs.getByRole("button", { name: "Add app" }).click();
	const form = theirs.getByRole("dialog", { name: "Add an app for codes" });
	secret = (await form.locator("code").filter({ hasText: /\w/ }).innerText()).replaceAll(" ", "");
	await form.getByLabel("The code that it shows now").fill(code());
	await form.getByRole("button", { name: "Add app" }).click();
	await theirs.getByRole("button", { name: "I have kept them" }).click();
	await theirs.goto("/chat");
	await expect(theirs.getByRole("textbox", { name: "Ask a question" })).toBeVisible();
	await theirs.context().close();
});
