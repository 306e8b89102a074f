import { expect, type Page, test } from "playwright/test";
import { type Client, connect } from "../support/client";
import { owner, type Standing, signedIn, stand } from "./standing";

const second = { name: "Bo Builder", email: "bo@example.test", password: "the builder's long password" };

type Api = Client["api"];

let standing: Standing;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
});
test.afterAll(async () => {
	await standing?.remove();
});

/** The label asks for an evaluation: without one its move is refused; an experiment on a small dataset with both versions passes. */
async function evaluate(page: Page, api: Api, promptId: string): Promise<void> {
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Berths", access: "everyone" });
	const said =
		"The ferry uses berth two on Sundays, until noon. Which berth it is on Sundays stands on the board. ".repeat(20);
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([said]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "berths.md" });
	const ready = async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount;
	await expect.poll(ready, { timeout: 60_000 }).toBe(1);
	const scorers = [{ kind: "contains" as const, key: "contains" }];
	const { id: datasetId } = await api.evaluations.createDataset.mutate({ name: "Sundays", scorers });
	await page.goto(`/evaluations/datasets/${datasetId}`);
	await page.getByRole("button", { name: "Add an item" }).first().click();
	const item = page.getByRole("dialog");
	await item.getByRole("textbox", { name: "Question" }).fill("Which berth is it on Sundays?");
	await item.getByRole("textbox", { name: "Expected answer" }).fill("until noon");
	await item.getByRole("button", { name: "Add it" }).click();
	await expect(page.getByRole("table", { name: "Items" })).toContainText("Which berth is it on Sundays?");

	await page.goto(`/prompts/${promptId}/labels`);
	const label = page.getByRole("listitem", { name: "production" });
	await label.getByRole("button", { name: "Ask for an evaluation" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Set it" }).click();
	await expect(label.getByText("A new version needs 80 of 100 points")).toBeVisible();
	await label.getByRole("button", { name: "Move" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Propose it" }).click();
	await expect(page.getByRole("dialog").getByText(/version 2 has no finished experiment/)).toBeVisible();

	const { versions } = await api.prompts.get.query({ promptId });
	const { rows } = await api.agents.list.query({});
	const asked = { datasetId, agentIds: rows.slice(0, 1).map(({ id }) => id) };
	const { id } = await api.evaluations.startExperiment.mutate({
		...asked,
		promptVersionIds: versions.toSorted((a, b) => a.version - b.version).map((one) => one.id),
	});
	await page.goto(`/evaluations/experiments/${id}`);
	await expect(page.getByRole("region", { name: "Variants" }).getByText("100.0 (100.0–100.0)").first()).toBeVisible();
	await expect(page.getByText("2 of 2 measured")).toBeVisible();
	await expect(page.getByRole("region", { name: "Comparison" })).toContainText("100.0 points over 1 item,");
}

test("two versions are compared in the playground, evaluated, one is promoted after a second person's review, and rolled back", async ({
	browser,
}) => {
	test.setTimeout(120_000);
	const { url, provider } = standing;
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(url, owner);
	const { id: secondId } = await api.users.create.mutate({ ...second, role: "builder" });
	const body = "Answer {{tone}}, as the harbour office does.";
	const variables = [{ name: "tone", default: "calmly" }];
	const { prompt } = await api.prompts.create.mutate({ name: "Harbour voice", body, variables, access: "everyone" });
	const promptId = prompt.id;
	await api.access.share.mutate({ kind: "prompt", resourceId: promptId, grantee: secondId, level: "manage" });
	await api.prompts.moveLabel.mutate({ promptId, label: "production", version: 1, basedOn: 0 });
	await api.prompts.protectLabel.mutate({ promptId, label: "production", isProtected: true, basedOn: 1 });
	provider.when("as the harbour office does.", { text: "The ferry uses berth two on Sundays.", intervalMs: 5 });
	provider.when("In one line", { text: "Berth two, until noon.", intervalMs: 5 });

	const page = await signedIn(browser, url, owner);
	await page.goto(`/prompts/${promptId}`);
	await page.getByRole("link", { name: "Try it" }).click();
	await expect(page.getByRole("heading", { name: "Playground" })).toBeVisible();
	const [first, other] = [1, 2].map((n) => page.getByRole("region", { name: `Window ${n}`, exact: true }));
	if (!first || !other) throw new Error("two windows are looked at");
	await expect(first.getByRole("textbox", { name: "Text", exact: true })).toHaveValue(body);
	await page.getByRole("textbox", { name: "Question", exact: true }).fill("Which berth is it on Sundays?");
	await page.getByRole("textbox", { name: "tone", exact: true }).fill("brisk");
	await page.getByRole("button", { name: "Add window" }).click();
	await other.getByRole("textbox", { name: "Text", exact: true }).fill(`${body} In one line.`);
	await page.getByRole("button", { name: "Run all" }).click();
	await expect(first.getByText("The ferry uses berth two on Sundays.")).toBeVisible();
	await expect(other.getByText("Berth two, until noon.")).toBeVisible();
	await expect(other.getByText("Done", { exact: true })).toBeVisible();
	await expect(other.getByText("First word")).toBeVisible();
	await other.getByRole("button", { name: "Save as a version" }).click();
	const form = page.getByRole("dialog");
	await form.getByLabel("What has changed").fill("In one line");
	await form.getByRole("button", { name: "Save version" }).click();
	await expect(form).toBeHidden();
	await expect(other.getByLabel("Version of Window 2")).toHaveValue("2");
	await expect
		.poll(async () => (await api.playground.get.query({})).bench?.windows[1]?.from, { timeout: 10_000 })
		.toEqual({ promptId, version: 2 });
	await page.reload();
	await expect(page.getByRole("textbox", { name: "Question", exact: true })).toHaveValue(
		"Which berth is it on Sundays?",
	);
	await expect(other.getByRole("textbox", { name: "Text", exact: true })).toHaveValue(`${body} In one line.`);

	await evaluate(page, api, promptId);

	await page.goto(`/prompts/${promptId}/versions?version=2&with=1`);
	await expect(page.getByRole("table", { name: "From version 1 to version 2" })).toContainText("In one line.");
	await page.getByRole("button", { name: "Point a label here" }).click();
	await page.getByRole("dialog").getByRole("button", { name: "Propose it" }).click();
	await expect(page.getByRole("dialog")).toBeHidden();
	await page.goto(`/prompts/${promptId}/labels`);
	const mine = page.getByRole("listitem", { name: "production" });
	await expect(mine.getByText("Waits for somebody else")).toBeVisible();
	await expect(mine.getByRole("button", { name: "Approve" })).toBeHidden();

	const reviewer = await signedIn(browser, url, second);
	await reviewer.goto(`/prompts/${promptId}/labels`);
	const theirs = reviewer.getByRole("listitem", { name: "production" });
	await theirs.getByLabel("What you say to it").fill("Short is good");
	await theirs.getByRole("button", { name: "Approve" }).click();
	await expect(theirs.getByText("Version 2", { exact: true })).toBeVisible();
	const history = reviewer.getByRole("table", { name: "History of the labels" });
	await expect(history.getByText("1 → 2")).toBeVisible();

	await theirs.getByRole("button", { name: "Move" }).click();
	const back = reviewer.getByRole("dialog");
	await back.getByLabel("Version").selectOption("1");
	await back.getByLabel("Why").fill("Too short");
	await back.getByRole("button", { name: "Propose it" }).click();
	await expect(back).toBeHidden();
	await page.reload();
	await mine.getByRole("button", { name: "Approve" }).click();
	await expect(mine.getByText("Version 1", { exact: true })).toBeVisible();
	expect((await api.prompts.get.query({ promptId })).prompt.labels).toEqual([{ name: "production", version: 1 }]);
});

test("an answer says who gave it, and who was away and why", async ({ browser }) => {
	test.setTimeout(60_000);
	const { url, provider } = standing;
	const { api } = await connect(url, owner);
	const about = { kind: "openai" as const, address: provider.url, key: "stand-in" };
	const { id: connectionId } = await api.models.addConnection.mutate({ name: "Two houses", ...about });
	const make = async (name: string) => {
		const facts = { modalities: ["text" as const], capabilities: [], dataRegion: "" };
		const model = await api.models.addModel.mutate({ connectionId, name, contextTokens: 32_000, ...facts });
		return { modelId: model.id };
	};
	const steps = [await make("small-house"), await make("large-house")];
	await api.models.addRoute.mutate({ name: "two houses", steps, isDefault: true });
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Berths", access: "everyone" });
	const text = "The ferry to the island leaves berth two at noon on Sundays.";
	await api.knowledge.addText.mutate({ collectionId, name: "berths", text });
	await expect
		.poll(async () => (await api.knowledge.listDocuments.query({ collectionId })).rows[0]?.state, { timeout: 30_000 })
		.toBe("ready");
	provider.when("small-house", { fault: "429", retryAfterSeconds: 60 });
	provider.when("large-house", { text: "It leaves berth two at noon [1]." });
	const page = await signedIn(browser, url, owner);
	const box = page.getByRole("textbox", { name: "Ask a question" });
	await box.fill("When does the ferry to the island leave on Sundays?");
	await box.press("Enter");
	await expect(page.getByText("It leaves berth two at noon")).toBeVisible();
	await expect(page.getByText("Answered by large-house; small-house was away (429)")).toBeVisible();
	await expect(page.getByText("Fallback", { exact: true })).toBeVisible();
});
