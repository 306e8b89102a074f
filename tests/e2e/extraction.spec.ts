import { readFile } from "node:fs/promises";
import { expect, test } from "playwright/test";
import sharp from "sharp";
import { connect } from "../support/client";
import { photographInvoice } from "../support/invoices";
import { owner, type Standing, signedIn, stand } from "./standing";

let standing: Standing;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
});
test.afterAll(async () => {
	await standing?.remove();
});

const cell = (value: unknown, quote: string) => ({ value, quote, confidence: 0.95 });
const answer = {
	invoice_number: cell("HS-2026-0417", "Invoice number: HS-2026-0417"),
	total: cell(1080.6, "Total EUR 1,080.60"),
	iban: cell("DE00 1234", "IBAN DE00 1234"),
	lines: [
		{ values: { item: "Mooring rope 24 mm", amount: 312 }, quote: "Mooring rope 24 mm 4 pcs 312.00", confidence: 0.9 },
		{ values: { item: "Fender, large", amount: 450 }, quote: "Fender, large 6 pcs 450.00", confidence: 0.9 },
	],
};

test("a photographed invoice: an agent is made field by field, reads it, and what it read stands in a table, in its place, and in a CSV", async ({
	browser,
}) => {
	test.setTimeout(150_000);
	const { url, provider } = standing;
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(url, owner);
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Receipts", access: "private" });
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([new Uint8Array(await photographInvoice())]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "photograph.jpg" });
	const ready = async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount;
	await expect.poll(ready, { timeout: 60_000 }).toBe(1);
	provider.when("You extract fields", { text: JSON.stringify(answer) });

	const page = await signedIn(browser, url, owner);
	await page.goto("/agents");
	await page.getByRole("button", { name: "New agent" }).first().click();
	const form = page.getByRole("dialog");
	await form.getByLabel("Name", { exact: true }).fill("Invoice reader");
	await form.getByLabel("Extracts: fields out of").check();
	const fields = form.getByRole("group", { name: "What it extracts" });
	const add = fields.getByRole("button", { name: "Add field", exact: true });
	const nth = (label: string, n: number) => fields.getByLabel(label, { exact: true }).nth(n);
	await nth("Field", 0).fill("Invoice number");
	await fields.getByLabel("Has to be in the document").first().check();
	await add.click();
	await nth("Field", 1).fill("Total");
	await nth("Kind", 1).selectOption("Number");
	await add.click();
	await nth("Field", 2).fill("IBAN");
	await add.click();
	await nth("Field", 3).fill("Lines");
	await nth("Kind", 3).selectOption("List of rows");
	await nth("Field", 4).fill("Item");
	await fields.getByRole("button", { name: "Add field to Lines" }).click();
	await nth("Field", 5).fill("Amount");
	await nth("Kind", 5).selectOption("Number");
	await fields.getByRole("button", { name: "JSON Schema" }).click();
	await expect(fields.getByLabel("JSON Schema")).toHaveValue(
		/"invoice_number"[\s\S]*"required": \[\s*"invoice_number"\s*\]/,
	);
	await fields.getByRole("button", { name: "Form" }).click();
	await form.getByRole("button", { name: "Create agent" }).click();
	await expect(form).toBeHidden();

	await page.getByRole("link", { name: "Extract", exact: true }).click();
	const start = page.getByRole("dialog", { name: "New extraction" });
	await start.getByLabel("Collection").selectOption("Receipts");
	await start.getByRole("button", { name: "Extract", exact: true }).click();
	await expect(page.getByRole("heading", { name: "Receipts" })).toBeVisible();
	const row = page.getByRole("table", { name: "Results" }).getByRole("row", { name: /photograph\.jpg/ });
	await expect(row).toContainText("HS-2026-0417", { timeout: 30_000 });
	await expect(row).toContainText("1080.6");
	await expect(row).toContainText("2 rows");
	await expect(row).toContainText(/Low \d+ %/);
	await page.getByLabel("Show").selectOption("With low confidence");
	await expect(row).toBeVisible();

	// It went in as an image: upright, small enough, and with nothing in it of where it was taken.
	const asked = provider.seen.find(({ body }) => JSON.stringify(body).includes("You extract fields"));
	const parts = asked?.body.messages[1]?.content as unknown as { image_url?: { url: string } }[];
	const shown = Buffer.from(parts.find((part) => part.image_url)?.image_url?.url.split(",")[1] ?? "", "base64");
	const facts = await sharp(shown).metadata();
	expect(Math.max(facts.width, facts.height)).toBeLessThanOrEqual(1_568);
	expect([facts.format, facts.width > facts.height, facts.exif]).toEqual(["jpeg", true, undefined]);

	await row.getByRole("button").click();
	const panel = page.getByRole("complementary", { name: "Result" });
	await expect(panel.getByText("It stands nowhere in the document.").first()).toBeVisible();
	await panel.getByRole("button", { name: "Correct IBAN" }).click();
	await panel.getByLabel("IBAN, corrected").fill("=1+1");
	await panel.getByRole("button", { name: "Save" }).click();
	await expect(panel.getByText(/Olive Owner, .*the model read DE00 1234/)).toBeVisible();
	const [file] = await Promise.all([
		page.waitForEvent("download"),
		page.getByRole("button", { name: "CSV", exact: true }).click(),
	]);
	expect(file.suggestedFilename()).toBe("Receipts.csv");
	const csv = await readFile(await file.path(), "utf8");
	expect(csv.split("\r\n")[1]).toMatch(/^"photograph\.jpg","done","0\.\d+","","HS-2026-0417","1080\.6","'=1\+1","\[\{/);
	await panel.getByRole("link", { name: /1,080\.60/ }).click();
	await expect(page.locator("mark")).toContainText("1,080.60");
	await page.context().close();
});
