import { expect, test } from "playwright/test";
import { connect } from "../support/client";
import { until } from "../support/until";
import { owner, type Standing, signedIn, staff, stand } from "./standing";

let standing: Standing;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
});
test.afterAll(async () => {
	await standing?.remove();
});

test("approval by a second person: the chat waits, the inbox decides by keyboard, the chat goes on", async ({
	browser,
}) => {
	const { url, provider } = standing;
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(url, owner);
	await api.users.create.mutate({ ...staff, role: "staff" });
	const tools = ["knowledge.deleteCollection"];
	const agent = await api.agents.create.mutate({ name: "Tidy", tools, access: "everyone" });
	const own = (await connect(url, staff)).api;
	const collection = await own.knowledge.createCollection.mutate({ name: "Old plans", description: "" });
	const call = { name: "knowledge_deleteCollection", arguments: { collectionId: collection.id } };
	provider.next({ toolCalls: [call] }, { text: "It is deleted." });
	const { threadId } = await own.runs.start.mutate({ question: "Delete my old collection.", agentId: agent.id });

	const chat = await signedIn(browser, url, staff);
	await chat.goto(`/chat/${threadId}`);
	await expect(chat.getByText("Waits for a second person to approve")).toBeVisible();
	await chat.getByRole("link", { name: "Look at it" }).click();
	await expect(chat.getByText("somebody else has to decide")).toBeVisible();
	await expect(chat.getByRole("button", { name: "Approve" })).toHaveCount(0);

	const inbox = await signedIn(browser, url, owner);
	await expect(inbox.getByRole("link", { name: /Approvals.*1 call to decide/ })).toBeVisible();
	await inbox.goto("/approvals");
	await inbox.getByRole("button", { name: /Delete the collection/ }).click();
	const panel = inbox.getByRole("complementary", { name: "Approval" });
	await expect(panel.locator("pre")).toContainText(collection.id);
	await inbox.keyboard.press("a");
	await expect(inbox.getByText("Nothing waits")).toBeVisible();

	await chat.goto(`/chat/${threadId}`);
	await expect(chat.getByText("It is deleted.")).toBeVisible();
	const left = await own.knowledge.listCollections.query({});
	expect(left.rows.map(({ id }) => id)).not.toContain(collection.id);
});

test("a budget that is met: asked for in the chat, raised by its approval, and the question is answered", async ({
	browser,
}) => {
	const { url, provider } = standing;
	const { api } = await connect(url, owner);
	const own = (await connect(url, staff)).api;
	const { id: subject } = await own.auth.me.query({});
	const scope = { subjectKind: "user", subject, measure: "tokens", span: "day" } as const;
	const budget = await api.budgets.add.mutate({ ...scope, most: 10 });
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Tides", access: "everyone" });
	await api.knowledge.addText.mutate({ collectionId, name: "tides.md", text: "High water is at noon." });
	await until(async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
	provider.usually({ text: "At noon." });

	const chat = await signedIn(browser, url, staff);
	await chat.getByRole("textbox", { name: "Ask a question" }).fill("When is high water?");
	await chat.keyboard.press("Enter");
	await expect(chat.getByText(/Your 10 tokens for today are used or held back.*00:00 UTC/)).toBeVisible();
	await chat.getByRole("button", { name: "Ask for more" }).click();
	const dialog = chat.getByRole("dialog", { name: "Ask for more" });
	await dialog.getByLabel(/Raise it to/).fill("900000");
	await dialog.getByLabel("What for").fill("The tide tables");
	await dialog.getByRole("button", { name: "Ask for it" }).click();
	await expect(dialog.getByText(/1 person may decide it/)).toBeVisible();
	await dialog.getByRole("button", { name: "Done" }).click();

	const inbox = await signedIn(browser, url, owner);
	await inbox.goto("/approvals");
	await inbox.getByRole("button", { name: /raise the limit/ }).click();
	const approval = inbox.getByRole("complementary", { name: "Approval" });
	await expect(approval).toContainText("The tide tables");
	await inbox.keyboard.press("e");
	await approval.getByLabel(/Raise it to/).fill("800000");
	await approval.getByRole("button", { name: "Try it out" }).click();
	await expect(approval.getByLabel(/Raise it to/)).toBeHidden();
	await expect(approval).toContainText("800000");
	await inbox.keyboard.press("a");
	await expect(inbox.getByText("Nothing waits")).toBeVisible();
	const { rows } = await api.budgets.list.query({});
	expect(rows).toMatchObject([{ id: budget.id, most: 800_000 }]);

	await chat.getByRole("button", { name: "Try again" }).click();
	await expect(chat.getByText("At noon.")).toBeVisible();
	await chat.goto("/budgets");
	await expect(chat.getByRole("heading", { name: "Your 800,000 tokens today" })).toBeVisible();
	await expect(chat.getByText(/[1-9][\d,]* tokens used/).first()).toBeVisible();
});
