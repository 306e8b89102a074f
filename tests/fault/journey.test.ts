import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@/tests/support";
import type { Client } from "@/tests/support/client";
import { type Provider, startProvider } from "@/tests/support/provider";
import { violations } from "./invariants";
import { seeded } from "./random";
import { type PartName, Standing } from "./standing";
import { addDocument, deleteDocument, type Followed, followRun } from "./workload";

/** Longest from a part's return to the end of all that was under way, in ms. */
const settleMs = 60_000;
const rounds = Number(process.env.QD_FAULT_ROUNDS ?? 50);
const seed = Number(process.env.QD_FAULT_SEED ?? Date.now() % 1_000_000);

let provider: Provider;
let product: Standing;
let client: Client;
let collectionId: string;

beforeAll(async () => {
	provider = await startProvider();
	provider.usually({ tokens: 40, intervalMs: 15 });
	product = await Standing.make({ QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" });
	client = await product.makeOwner(await product.start());
	const collection = await client.api.knowledge.createCollection.mutate({ name: "Harbour", access: "everyone" });
	collectionId = collection.id;
	await addDocument(client, collectionId, "first");
	await until(async () => (await client.api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
}, 180_000);
afterAll(async () => {
	await product?.remove();
	await provider?.stop();
});

const nameOf = (round: number) => `${seed}-${round}`;

test(
	`${rounds} rounds of killing parts in the middle of the journey, seed ${seed}`,
	async () => {
		const random = seeded(seed);
		const recoveries: number[] = [];
		const runIds: string[] = [];
		const documentIds: string[] = [];
		/** Asked for, and answered. */
		const doomedIds: string[] = [];
		const deletedIds: string[] = [];
		const remove = async (documentId: string) => {
			doomedIds.push(documentId);
			await deleteDocument(client, documentId);
			deletedIds.push(documentId);
		};
		for (let round = 1; round <= rounds; round++) {
			const where = `round ${round} of seed ${seed}`;
			const followed: Followed[] = [];
			// One that was brought earlier goes while the next one comes.
			const doomed = random.chance(0.6) ? documentIds.find((id) => !doomedIds.includes(id)) : undefined;
			const isHasty = random.chance(0.3);
			// What was answered is held to; what was cut off before its answer may have happened or not.
			const work = Promise.allSettled([
				...[1, 2].map(async (n) => {
					const { runId } = await client.api.runs.start.mutate({
						question: `Which berth does ferry ${round}-${n} use?`,
					});
					runIds.push(runId);
					followed.push(followRun(client, runId));
				}),
				addDocument(client, collectionId, nameOf(round)).then(({ document }) => documentIds.push(document.id)),
				isHasty &&
					addDocument(client, collectionId, `${nameOf(round)}-hasty`).then(({ document }) => remove(document.id)),
				doomed && remove(doomed),
			]);
			const victims: PartName[] = [random.pick(["web", "worker", "worker", "postgres", "launcher"])];
			if (random.chance(0.2)) victims.push(random.pick(["web", "worker", "postgres"]));
			for (const victim of victims) {
				await random.pause(900);
				product.kill(victim);
			}
			const killedAt = performance.now();
			if (victims.includes("launcher")) await until(() => !product.isUp);
			if (!product.isUp) await product.start();
			await until(() => product.isReady(), 30_000);
			const backAt = performance.now();
			await work;
			const database = await product.database();
			try {
				const broken = async () => violations(database, { runIds, documentIds, doomedIds, deletedIds });
				await until(async () => (await broken()).length === 0, settleMs).catch(async () => {
					expect(await broken(), where).toEqual([]);
				});
				const found = await client.api.knowledge.search.query({ query: `ferry ${nameOf(round)}`, limit: 20 });
				expect(
					found.passages.filter(({ documentId }) => deletedIds.includes(documentId)),
					where,
				).toEqual([]);
				await until(() => product.orphans().length === 0, settleMs).catch(() => {
					expect(product.orphans(), where).toEqual([]);
				});
				for (const one of followed) {
					const seen = await one.ended(settleMs);
					const stored = await client.api.runs.get.query({ runId: one.runId });
					expect(seen.text, where).toBe(stored.answer ?? "");
					expect(seen.seqs, where).toEqual(seen.seqs.map((_, index) => index + 1));
				}
			} finally {
				await database.close();
			}
			recoveries.push(performance.now() - backAt);
			console.log(
				JSON.stringify({
					round,
					victims,
					downMs: Math.round(backAt - killedAt),
					settledMs: Math.round(recoveries.at(-1) ?? 0),
				}),
			);
		}
		await addDocument(client, collectionId, "last");
		expect(await product.halfFiles()).toEqual([]);
		const slowest = Math.max(...recoveries);
		console.log(
			JSON.stringify({
				seed,
				rounds,
				runs: runIds.length,
				documents: documentIds.length,
				deleted: deletedIds.length,
				slowestRecoveryMs: Math.round(slowest),
			}),
		);
	},
	1_200_000 + rounds * 30_000,
);
