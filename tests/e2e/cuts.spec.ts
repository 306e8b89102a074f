import { expect, type Page, test } from "playwright/test";
import { seeded } from "../fault/random";
import { type Client, connect } from "../support/client";
import { type Cuttable, cuttable } from "../support/cuttable";
import { until } from "../support/until";
import { owner, type Standing, signedIn, stand, untimed } from "./standing";

// The network between a browser and the product is cut again and again while answers stream. `QD_CUTS=100 QD_CUTS_SEED=7` for more.

const cuts = Number(process.env.QD_CUTS ?? 8);
// The same in every process: the title of a test may not change.
const seed = Number(process.env.QD_CUTS_SEED ?? 7);
/** Long enough for some cuts: about 12 s each. */
const answer = { tokens: 300, intervalMs: 40 };

let standing: Standing;
let line: Cuttable;
let api: Client["api"];
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
	line = await cuttable(standing.url);
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	({ api } = await connect(standing.url, owner));
});
test.afterAll(async () => {
	await line?.stop();
	await standing?.remove();
});

const answerOf = (on: Page) => on.getByRole("article").last();
const stop = (on: Page) => on.getByRole("button", { name: "Stop", exact: true });

/** A call that waits for a person for as long as the test takes. */
async function waitingCall(): Promise<void> {
	const agent = await api.agents.create.mutate({ name: "Tidy", tools: ["knowledge.deleteCollection"] });
	const { id } = await api.knowledge.createCollection.mutate({ name: "Old plans" });
	standing.provider.next({ toolCalls: [{ name: "knowledge_deleteCollection", arguments: { collectionId: id } }] });
	await api.runs.start.mutate({ question: "Delete the old plans.", agentId: agent.id });
	await until(async () => (await api.approvals.list.query({})).rows.length === 1, 30_000);
}

async function handbook(): Promise<void> {
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Handbook", access: "everyone" });
	const leave = "Annual leave is 25 days a year. It is agreed with the manager two weeks ahead.";
	const { uploadId } = await api.knowledge.upload.mutate(new Blob([leave]));
	await api.knowledge.addDocument.mutate({ collectionId, uploadId, name: "leave.md" });
	await until(async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
}

async function ask(on: Page): Promise<void> {
	await on.goto("/chat");
	await on.getByRole("textbox", { name: "Ask a question" }).fill("How many days of annual leave are there?");
	await on.getByRole("button", { name: "Ask", exact: true }).click();
	await on.waitForURL("**/chat/*");
	await expect(stop(on)).toBeVisible();
}

/** What is on the page once the answer has ended is what was stored, to the letter: nothing is missing, nothing doubled. */
async function compare(on: Page): Promise<void> {
	await expect(stop(on)).toBeHidden({ timeout: 60_000 });
	const threadId = new URL(on.url()).pathname.split("/").at(-1) ?? "";
	const { runs } = await api.threads.get.query({ threadId });
	expect(runs.map(({ state }) => state)).toEqual(["succeeded"]);
	const here = await answerOf(on).innerText();
	await on.reload();
	await expect(answerOf(on).getByRole("button", { name: "Copy the answer" })).toBeVisible();
	expect(untimed(here)).toBe(untimed(await answerOf(on).innerText()));
}

test(`${cuts} cuts while answers stream, seed ${seed}: the text is what was stored, and what waits is still to be seen`, async ({
	browser,
}) => {
	test.setTimeout(60_000 + cuts * 15_000);
	const random = seeded(seed);
	await handbook();
	await waitingCall();
	standing.provider.usually(answer);
	const chat = await signedIn(browser, line.url, owner);
	const inbox = await signedIn(browser, line.url, owner);
	await inbox.goto("/approvals");
	const waiting = inbox.getByRole("button", { name: /Delete the collection/ });
	await expect(waiting).toBeVisible();
	await ask(chat);
	for (let n = 1; n <= cuts; n++) {
		await random.pause(1_500);
		line.cut();
		await random.pause(1_000);
		line.mend();
		await expect(waiting).toBeVisible();
		if (random.chance(0.2)) await inbox.reload();
		await expect(waiting).toBeVisible();
		if (await stop(chat).isVisible()) continue;
		await compare(chat);
		await ask(chat);
	}
	await compare(chat);
});
