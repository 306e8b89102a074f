import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@/tests/support";
import type { Client } from "@/tests/support/client";
import { type Provider, startProvider } from "@/tests/support/provider";
import { type PartName, Standing } from "./standing";
import { addDocument, followRun } from "./workload";

// Research goes on for long, and in the meantime anything may die. Each part is killed once, while a run's first researcher is
// done and its second is at work.

let provider: Provider;
let product: Standing;
let client: Client;
let agentId: string;
beforeAll(async () => {
	provider = await startProvider();
	const model = { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" };
	product = await Standing.make(model);
	client = await product.makeOwner(await product.start());
	const { id } = await client.api.knowledge.createCollection.mutate({ name: "Harbour", access: "everyone" });
	await addDocument(client, id, "first");
	await until(
		async () => (await client.api.knowledge.getCollection.query({ collectionId: id })).readyCount === 1,
		60_000,
	);
	agentId = (await client.api.agents.create.mutate({ name: "Researcher", graph: "research" })).id;
}, 240_000);
afterAll(async () => {
	await product?.remove();
	await provider?.stop();
});

const [first, second] = ["Which berth does ferry first use?", "When does ferry first leave?"];
/** How often a model was asked for an answer to the first question. */
const answered = () =>
	provider.seen.filter(({ body: { messages } }) => {
		const said = JSON.stringify(messages);
		return said.includes("You answer one question") && said.includes(first);
	}).length;

test.each<PartName>(["web", "postgres", "worker"])(
	"kill -9 of the %s in the middle of research: what was found is not looked for again, and it ends once",
	async (part) => {
		let asked = 0;
		provider.forget();
		provider.when("You plan research", { text: `${first}\n${second}` });
		provider.when("You answer one question", { text: "It uses berth two [1]." });
		// Long enough to be killed in; whoever asks again is answered.
		provider.when(`${second}\n</question>`, () => ({
			text: "It leaves at noon [1].",
			firstTokenMs: asked++ ? 0 : 4_000,
		}));
		provider.when("You search an organisation", { text: "DONE" });
		provider.when("You write a report", { text: "The ferry uses berth two [1].", intervalMs: 5 });
		provider.when("You review a report", { text: "PASS" });
		const { runId } = await client.api.runs.start.mutate({ question: "What of the ferry?", agentId });
		const followed = followRun(client, runId);
		await until(async () => (await client.api.runs.get.query({ runId })).state === "waiting", 30_000);
		const database = await product.database();
		try {
			await client.api.research.acceptPlan.mutate({ runId });
			const found = sql`select 1 from langgraph.checkpoint_writes where thread_id = ${runId} and channel = 'findings'`;
			await until(async () => asked > 0 && (await database.orm.execute(found)).length > 0, 30_000);
		} finally {
			await database.close();
		}
		const before = answered();
		product.kill(part);
		const seen = await followed.ended(60_000);
		await until(() => product.isReady(), 30_000);
		const run = await client.api.runs.get.query({ runId });
		expect(run).toMatchObject({ state: "succeeded", answer: seen.text });
		expect(seen.seqs).toEqual(seen.seqs.map((_, index) => index + 1));
		expect([before, answered()]).toEqual([1, 1]);
		provider.seen.length = 0;
	},
	120_000,
);
