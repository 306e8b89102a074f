import { expect, type Locator, type Page, test } from "playwright/test";
import { connect } from "../support/client";
import { mixedFile } from "../support/mixed-files";
import { owner, type Standing, signedIn, staff, stand } from "./standing";

const question = "Where does the key of the boat house hang?";
const fact = "The key of the boat house hangs behind the tide clock in the porter's lodge.";
/** One of each kind that offices have, five of what they have most of. */
const kinds = [0, 1, 2, 3, 4, 35, 36, 37, 50, 51, 52, 65, 66, 67, 80, 81, 88, 94, 95];

let standing: Standing;
let owners: Page;
let sams: Page;
let samId: string;
let collectionId: string;

test.describe.configure({ mode: "serial" });
test.beforeAll(async ({ browser }) => {
	test.setTimeout(180_000);
	standing = await stand();
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(standing.url, owner);
	samId = (await api.users.create.mutate({ ...staff, role: "staff" })).id;
	collectionId = (await api.knowledge.createCollection.mutate({ name: "Boat house" })).id;
	await api.access.share.mutate({ kind: "collection", resourceId: collectionId, grantee: samId, level: "read" });
	owners = await signedIn(browser, standing.url, owner);
	sams = await signedIn(browser, standing.url, staff);
});
test.afterAll(async () => {
	await standing?.remove();
});

const upload = ({ name, content }: { name: string; content: Buffer }) => ({
	name,
	mimeType: "application/octet-stream",
	buffer: content,
});
const passages = (page: Page): Locator => page.getByRole("list", { name: "Passages" });

test("twenty files of every kind come in together, and one watches them become ready", async () => {
	test.setTimeout(240_000);
	const text = (n: number) => `# Shelf ${n}\n\nShelf ${n} holds ropes of ${n + 3} metres, two fenders and a bailer.`;
	const files = await Promise.all(kinds.map((kind) => mixedFile(kind, text(kind))));
	await owners.goto(`/knowledge/${collectionId}`);
	await owners
		.locator("input[type=file]")
		.setInputFiles([...files, { name: "keys.md", content: Buffer.from(`# Keys\n\n${fact}`) }].map(upload));
	const incoming = owners.getByLabel("Coming in");
	await expect(incoming.getByRole("progressbar").first()).toBeVisible();
	await expect(owners.getByText("20 documents").first()).toBeVisible({ timeout: 60_000 });
	await expect(incoming).toBeHidden({ timeout: 180_000 });
	const { api } = await connect(standing.url, owner);
	expect(await api.knowledge.getCollection.query({ collectionId })).toMatchObject({
		documentCount: 20,
		readyCount: 20,
		failedCount: 0,
	});
	for (const name of ["keys.md", "65.pdf", "88.pptx"])
		await expect(owners.getByRole("row", { name }).getByText("Ready").filter({ visible: true })).toBeVisible();
});

test("whoever it is shared with finds the passage, and it opens where it stands", async () => {
	await sams.goto("/search");
	await sams.getByRole("searchbox", { name: "Question" }).fill(question);
	await passages(sams).getByRole("button", { name: "keys.md" }).first().click();
	const preview = sams.getByRole("complementary", { name: "Preview" });
	await expect(preview.locator("mark")).toContainText("behind the tide clock");
	await preview.getByRole("link", { name: "Open document" }).click();
	await sams.waitForURL("**/knowledge/documents/**");
	await expect(sams.locator("mark")).toBeInViewport();
});

test("an answer cites it, and the citation opens at the passage", async () => {
	await sams.goto("/chat");
	await ask(sams);
	await source(sams).click();
	const mark = sams.getByRole("complementary", { name: "Source" }).locator("mark");
	await expect(mark).toBeInViewport();
	await expect(mark).toContainText("behind the tide clock");
});

test("with the share taken away, nothing of it is found, quoted or opened any more", async () => {
	const chat = sams.url();
	await owners.getByRole("button", { name: "Share", exact: true }).click();
	const dialog = owners.getByRole("dialog", { name: "Share Boat house" });
	await dialog.getByRole("button", { name: `Stop sharing with ${staff.name}` }).click();
	await expect(dialog.getByText("Nobody else can open it yet")).toBeVisible();

	await sams.goto(`/search?q=${encodeURIComponent(question)}`);
	await expect(sams.getByText("Nothing was found")).toBeVisible();
	await sams.goto(chat);
	await expect(sams.getByRole("complementary", { name: "Source" }).locator("mark")).toHaveCount(0);
	await expect(sams.getByText(/was not found|doesn.t exist|can.t be opened/i).first()).toBeVisible();
	await sams.goto(`/knowledge/${collectionId}`);
	await expect(sams.getByText(fact)).toHaveCount(0);
	await expect(sams.getByRole("row", { name: "keys.md" })).toHaveCount(0);
	await sams.goto("/chat");
	await ask(sams);
	await expect(sams.getByText("The documents don't say").first()).toBeVisible();
});

async function ask(page: Page): Promise<void> {
	await page.getByRole("textbox", { name: "Ask a question" }).fill(question);
	await page.getByRole("button", { name: "Ask", exact: true }).click();
	await page.waitForURL("**/chat/*");
}
const source = (page: Page): Locator =>
	page
		.getByRole("article")
		.last()
		.getByRole("link", { name: /^Source 1: keys\.md/ })
		.first();
