import { expect, test } from "playwright/test";
import { connect } from "../support/client";
import { owner, type Standing, signedIn, stand } from "./standing";

let standing: Standing;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
});
test.afterAll(async () => {
	await standing?.remove();
});

const text = "# Leave\n\nAll staff get 25 days of annual leave.\n\nSick leave is reported to the manager before nine.";
const report =
	"# Leave\n\nAll staff get 25 days of annual leave [1]. Sick leave is reported to the manager before nine [1].";

test("a research run left and found again: its plan is edited, it is steered, and whoever comes back sees the same", async ({
	browser,
}) => {
	test.setTimeout(120_000);
	const { url, provider } = standing;
	const stranger = await connect(url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(url, owner);
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Handbook", access: "everyone" });
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([text]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "leave.md" });
	await expect
		.poll(async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount, { timeout: 60_000 })
		.toBe(1);
	provider.when("You plan research", { text: "How many days of annual leave do staff get?\nWhat does leave cost?" });
	provider.when("You search an organisation", { text: "DONE" });
	provider.when("You answer one question", { text: "All staff get 25 days of annual leave [1].", firstTokenMs: 2_500 });
	provider.when("has added an instruction", { text: "Who hears of sick leave?" });
	provider.when("You write a report", { text: report, intervalMs: 60 });
	provider.when("You review a report", { text: "PASS" });

	const page = await signedIn(browser, url, owner);
	await page.goto("/agents");
	await page.getByRole("button", { name: "New agent" }).first().click();
	const form = page.getByRole("dialog");
	await form.getByLabel("Name").fill("Researcher");
	await form.getByLabel("Researches: a plan").check();
	await form.getByRole("button", { name: "Create agent" }).click();
	await expect(form).toBeHidden();
	const { rows } = await api.agents.list.query({ filter: { name: { eq: "Researcher" } } });
	const question = "What are the rules of leave, and what does it cost?";
	const { threadId } = await api.runs.start.mutate({ question, agentId: rows[0]?.id });

	await page.goto(`/chat/${threadId}`);
	const research = page.getByRole("region", { name: "Research" });
	await expect(research.getByRole("heading", { name: "The plan waits for you" })).toBeVisible();
	await page.goto("/agents");
	await page.goto(`/chat/${threadId}`);
	const second = research.getByRole("textbox", { name: "Question 2" });
	await expect(second).toHaveValue("What does leave cost?");
	await second.fill("When is sick leave reported to the manager?");
	await research.getByRole("button", { name: "Go on" }).click();
	await expect(research.getByText("0 of 2")).toBeVisible();
	await research.getByRole("textbox", { name: "Add an instruction" }).fill("Say who hears of sick leave");
	await research.getByRole("button", { name: "Steer" }).click();
	await expect(research.getByRole("list", { name: "Instructions" })).toContainText("Say who hears of sick leave");
	await page.close();

	const again = await signedIn(browser, url, owner);
	await again.goto(`/chat/${threadId}`);
	const found = again.getByRole("region", { name: "Research" });
	await expect(found.getByText("Added by an instruction")).toBeVisible({ timeout: 30_000 });
	await expect(found.getByText("3 of 3 questions looked into, as you changed the plan")).toBeVisible({
		timeout: 30_000,
	});
	const answer = again.getByRole("article").last();
	await expect(answer.getByText("manager before nine").first()).toBeVisible();
	await expect(answer.getByRole("link", { name: /^Source 1: / }).first()).toBeVisible();
	await expect(found.getByText("in use")).toBeVisible();
	const seen = await answer.innerText();
	await again.reload();
	await expect(again.getByText("3 of 3 questions looked into, as you changed the plan")).toBeVisible();
	await expect(again.getByRole("article").last().getByText("manager before nine").first()).toBeVisible();
	const untimed = (words: string) => words.replaceAll(/just now|\d+ (s|min) ago/g, "then");
	await expect.poll(async () => untimed(await again.getByRole("article").last().innerText())).toBe(untimed(seen));
});
