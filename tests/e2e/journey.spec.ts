import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { cuttable } from "../support/cuttable";
import { owner, type Standing, signedIn, staff, stand, untimed, viewer } from "./standing";

const content = join(import.meta.dirname, "..", "..", "server", "demo", "content");
const files = [
	"staff-handbook/annual-leave.md",
	"staff-handbook/travel-and-expenses.docx",
	"staff-handbook/parental-leave.html",
	"staff-handbook/probation-notice-references.txt",
	"it-and-security/security-incident-response.pdf",
].map((name) => join(content, name));

const good = (name: string) => ({
	name: basename(name),
	mimeType: "application/octet-stream",
	buffer: readFileSync(name),
});
const bad = (name: string, buffer: Buffer) => ({ name, mimeType: "application/octet-stream", buffer });

let standing: Standing;
let page: Page;

test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
	test.setTimeout(180_000);
	standing = await stand();
	page = await (await browser.newContext({ baseURL: standing.url })).newPage();
});
test.afterAll(async () => {
	await standing?.remove();
});

const ask = async (on: Page, question: string) => {
	await on.getByRole("textbox", { name: "Ask a question" }).fill(question);
	await on.getByRole("button", { name: "Ask", exact: true }).click();
};
/** The run that the newest turn of a chat shows, as the API has it. */
async function newestRun(threadUrl: string) {
	const { api } = await connect(standing.url, owner);
	const threadId = new URL(threadUrl).pathname.split("/").at(-1) ?? "";
	const { runs } = await api.threads.get.query({ threadId });
	const run = runs.at(-1);
	if (!run) throw new Error("the chat has no run");
	return run;
}
const answerOf = (on: Page) => on.getByRole("article").last();

test("the first run makes the owner with the code that the start printed", async () => {
	await page.goto("/");
	await page.waitForURL("**/setup");
	await page.getByLabel("One-time code").fill("AAAA-BBBB-CCCC");
	await page.getByLabel("Your name").fill(owner.name);
	await page.getByLabel("E-mail").fill(owner.email);
	await page.getByRole("textbox", { name: "Password" }).fill(owner.password);
	await page.getByRole("button", { name: "Create account" }).click();
	await expect(page.getByText("This code is not valid")).toBeVisible();
	await page.getByLabel("One-time code").fill(standing.setupCode);
	await page.getByRole("button", { name: "Create account" }).click();
	await page.waitForURL("**/chat");
	await page.goto("/setup");
	await page.waitForURL("**/chat");
});

test("the owner makes accounts for staff and viewers", async () => {
	await page.goto("/users");
	for (const [person, role] of [
		[staff, "staff"],
		[viewer, "viewer"],
	] as const) {
		await page.getByRole("button", { name: "Create account" }).first().click();
		const form = page.getByRole("dialog", { name: "Create account" });
		await form.getByLabel("Name").fill(person.name);
		await form.getByLabel("E-mail").fill(person.email);
		await form.getByLabel("Role").selectOption(role);
		await form.getByRole("textbox", { name: "Password" }).fill(person.password);
		await form.getByRole("button", { name: "Create account" }).click();
		await expect(form).toBeHidden();
		await expect(page.getByRole("row", { name: person.name })).toBeVisible();
	}
});

test("files of every kind go in; bad ones fail alone, with their reason", async () => {
	test.setTimeout(240_000);
	await page.goto("/knowledge");
	await page.getByRole("button", { name: "New collection" }).first().click();
	const form = page.getByRole("dialog");
	await form.getByLabel("Name").fill("Staff handbook");
	await form.getByLabel("Everyone with an account").check();
	await form.getByRole("button", { name: "Create collection" }).click();
	await page.waitForURL("**/knowledge/*");
	const pdf = readFileSync(files[4] ?? "");
	await page
		.locator("input[type=file]")
		.setInputFiles([
			...files.map(good),
			bad("cut-off.pdf", pdf.subarray(0, Math.floor(pdf.length / 3))),
			bad("not-really.docx", readFileSync(join(content, "staff-handbook/crew-rotation-and-leave.pdf"))),
		]);
	await expect(page.getByRole("progressbar").first()).toBeVisible();
	for (const name of files.map((file) => basename(file)))
		await expect(page.getByRole("row", { name }).getByText("Ready").filter({ visible: true })).toBeVisible({
			timeout: 60_000,
		});
	for (const name of ["cut-off.pdf", "not-really.docx"])
		await expect(page.getByRole("row", { name }).getByText("Failed").filter({ visible: true })).toBeVisible({
			timeout: 60_000,
		});
	await expect(
		page.getByRole("row", { name: "not-really.docx" }).getByText(/PDF/).filter({ visible: true }).first(),
	).toBeVisible();
	await page.getByRole("button", { name: "Remove cut-off.pdf" }).click();
	await page.getByRole("button", { name: "Remove document" }).click();
	await expect(page.getByRole("row", { name: "cut-off.pdf" })).toBeHidden();
});

test("the same bytes again are no work", async () => {
	const { api } = await connect(standing.url, owner);
	const before = (await api.jobs.list.query({})).rows.filter((job) => job.functionId.includes("ingest")).length;
	await page.locator("input[type=file]").setInputFiles([good(files[0] ?? "")]);
	await expect(page.getByLabel("Coming in").getByText(/already/i)).toBeVisible();
	const after = (await api.jobs.list.query({})).rows.filter((job) => job.functionId.includes("ingest")).length;
	expect(after).toBe(before);
});

test("an answer streams in, cites its source, and the source opens at the passage", async () => {
	standing.provider.usually({ tokens: 40, intervalMs: 10 });
	await page.goto("/chat");
	await ask(page, "How many days of annual leave do I have after 5 years of service?");
	await page.waitForURL("**/chat/*");
	const chip = answerOf(page)
		.getByRole("link", { name: /^Source 1: / })
		.first();
	await expect(chip).toBeVisible();
	await expect(page.getByText(/confidence/i).first()).toBeVisible();
	await chip.hover();
	await expect(page.getByRole("tooltip")).toContainText("annual-leave.md");
	await chip.click();
	const mark = page.getByRole("complementary", { name: "Source" }).locator("mark");
	await expect(mark).toBeInViewport();
	const { result } = await newestRun(page.url());
	const snippet = result?.citations[0]?.snippet.slice(0, 40) ?? "";
	expect((await mark.innerText()).replaceAll(/\s+/g, " ")).toContain(snippet.replaceAll(/\s+/g, " ").trim());
	await page.keyboard.press("Escape");
	await expect(mark).toBeHidden();
});

test("refreshing, a second tab and a network cut lose nothing", async ({ browser }) => {
	test.setTimeout(240_000);
	const line = await cuttable(standing.url);
	const other = await signedIn(browser, line.url, owner);
	standing.provider.usually({ tokens: 500, intervalMs: 60 });
	await page.goto("/chat");
	await ask(page, "How is a security incident reported?");
	await page.waitForURL("**/chat/*");
	const url = page.url();
	await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	await expect.poll(async () => (await answerOf(page).innerText()).length).toBeGreaterThan(150);
	await page.reload();
	await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	await other.goto(new URL(url).pathname);
	await expect(other.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	line.cut();
	await expect(other.getByText(/reconnecting/i).first()).toBeVisible();
	line.mend();
	for (const one of [page, other])
		await expect(one.getByRole("button", { name: "Stop", exact: true })).toBeHidden({ timeout: 90_000 });
	const run = await newestRun(url);
	expect(run.state).toBe("succeeded");
	const [here, there] = await Promise.all([answerOf(page).innerText(), answerOf(other).innerText()]);
	expect(untimed(here)).toBe(untimed(there));
	// Read anew from what is stored, it is the same to the letter.
	await page.reload();
	await expect(answerOf(page).getByRole("button", { name: "Copy the answer" })).toBeVisible();
	expect(untimed(await answerOf(page).innerText())).toBe(untimed(here));
	await other.context().close();
	await line.stop();
});

test("one goes back to a checkpoint, asks otherwise from there, and has both answers side by side", async () => {
	standing.provider.usually({ tokens: 40, intervalMs: 10 });
	await page.goto("/chat");
	await ask(page, "How many days of annual leave do I have in my first year?");
	await page.waitForURL("**/chat/*");
	await answerOf(page).getByRole("link", { name: "Checkpoints" }).click();
	await page.getByRole("button", { name: /After “Weigh the passages”/ }).click();
	const state = page.getByRole("form", { name: "State at this checkpoint" });
	await state.getByLabel("Question").fill("How many days of annual leave may I carry over?");
	const chosen = state.getByRole("checkbox", { checked: true });
	const count = await chosen.count();
	if (count > 1) await chosen.last().uncheck();
	await state.getByRole("button", { name: "Go on from here" }).click();
	await page.waitForURL("**/chat/*?branch=*");
	await expect(answerOf(page).getByRole("link", { name: "Checkpoints" })).toBeVisible({ timeout: 30_000 });
	await expect(answerOf(page)).toContainText("carry over?");
	await answerOf(page).getByRole("link", { name: "Compare with the first answer" }).click();
	await expect(page.getByRole("article", { name: "First run" })).toContainText("in my first year?");
	await expect(page.getByRole("article", { name: "Second run" })).toContainText("carry over?");
	await expect(page.getByRole("article", { name: "Second run" })).toContainText("Steps (2)");
	await page.goBack();
	await page.getByLabel("Branch").selectOption("As it was asked first");
	await expect(answerOf(page)).toContainText("in my first year?");
	await expect(page.getByText("carry over?")).toBeHidden();
});

test("what the documents don't say is said so", async () => {
	await page.goto("/chat");
	await ask(page, "What is the wing span of the albatross in centimetres?");
	await expect(page.getByText("The documents don't say").first()).toBeVisible();
});

test("without its model it quotes the passages and says that it is degraded", async () => {
	standing.provider.usually({ fault: "500" });
	await page.goto("/chat");
	await ask(page, "How many pence a mile are paid for my own car?");
	await expect(page.getByRole("button", { name: "Degraded" })).toBeVisible({ timeout: 30_000 });
	standing.provider.usually({ tokens: 40, intervalMs: 10 });
});

test("stop ends an answer and keeps what was said", async () => {
	standing.provider.usually({ tokens: 400, intervalMs: 30 });
	await page.goto("/chat");
	await ask(page, "How many hours may I work from home?");
	await page.getByRole("button", { name: "Stop", exact: true }).click();
	await expect(page.getByRole("button", { name: "Stop", exact: true })).toBeHidden();
	expect((await newestRun(page.url())).state).toBe("cancelled");
	standing.provider.usually({ tokens: 40, intervalMs: 10 });
});

test("a viewer reads, but neither writes nor asks, on any way in", async ({ browser }) => {
	const theirs = await signedIn(browser, standing.url, viewer);
	await theirs.goto("/knowledge");
	await theirs.getByRole("link", { name: "Staff handbook" }).click();
	await expect(theirs.getByRole("row", { name: "annual-leave.md" })).toBeVisible();
	await expect(theirs.locator("input[type=file]")).toHaveCount(0);
	await expect(theirs.getByRole("link", { name: "Audit" })).toHaveCount(0);
	await theirs.goto("/audit");
	await expect(theirs.getByRole("table")).toHaveCount(0);
	await theirs.context().close();
	const { api } = await connect(standing.url, viewer);
	await expect(api.knowledge.createCollection.mutate({ name: "Mine" })).rejects.toThrow(
		"it needs the right knowledge:write",
	);
	await expect(api.runs.start.mutate({ question: "May I?" })).rejects.toThrow("it needs the right runs:write");
	const { rows } = await (await connect(standing.url, owner)).api.audit.list.query({
		filter: { outcome: { eq: "denied" } },
	});
	expect(rows.map((row) => row.action)).toEqual(expect.arrayContaining(["knowledge.createCollection", "runs.start"]));
});

test("a session that ends in mid-stream ends the stream, and asks to sign in", async ({ browser }) => {
	test.setTimeout(90_000);
	standing.provider.usually({ tokens: 900, intervalMs: 60 });
	const theirs = await signedIn(browser, standing.url, staff);
	await ask(theirs, "Who approves travel expenses?");
	await expect(theirs.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	// The same session in another tab signs out.
	const elsewhere = await theirs.context().newPage();
	await elsewhere.goto("/agents");
	await elsewhere.getByRole("button", { name: staff.name }).click();
	await elsewhere.getByRole("button", { name: "Sign out" }).click();
	await elsewhere.waitForURL("**/sign-in**");
	await expect(theirs.getByRole("button", { name: "Sign in again" })).toBeVisible({ timeout: 30_000 });
	await theirs.context().close();
});

test("disabling an account stops what runs for it, and lets it in no more", async ({ browser }) => {
	const theirs = await signedIn(browser, standing.url, staff);
	await ask(theirs, "How is a security incident reported?");
	await expect(theirs.getByRole("button", { name: "Stop", exact: true })).toBeVisible();
	const { api } = await connect(standing.url, owner);
	const sam = (await api.users.list.query({})).rows.find((user) => user.email === staff.email);
	await api.users.setDisabled.mutate({ userId: sam?.id ?? "", isDisabled: true });
	await expect(theirs.getByText("The account that it worked for was disabled").first()).toBeVisible();
	await theirs.context().close();
	await expect(connect(standing.url, staff)).rejects.toThrow("Signing in failed");
	standing.provider.usually({ tokens: 40, intervalMs: 10 });
});

test("all of it stands in the audit", async () => {
	await page.goto("/audit");
	const table = page.getByRole("table", { name: "Audit entries" });
	for (const action of ["run.start", "user.disable"]) await expect(table.getByText(action).first()).toBeVisible();
	const { api } = await connect(standing.url, owner);
	const { rows } = await api.audit.list.query({ limit: 200 });
	const actions = new Set(rows.map((row) => row.action));
	for (const action of [
		"user.create",
		"session.open",
		"collection.create",
		"document.add",
		"document.delete",
		"run.finish",
	])
		expect(actions).toContain(action);
	expect(rows.every((row) => row.requestId.length > 0)).toBe(true);
});
