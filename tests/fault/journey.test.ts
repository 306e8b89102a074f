import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "@/tests/support";
import type { Client } from "@/tests/support/client";
import { type Provider, startProvider } from "@/tests/support/provider";
import { atLast, violations } from "./invariants";
import { Quay } from "./quay";
import { seeded } from "./random";
import { type PartName, Standing } from "./standing";
import { addDocument, deleteDocument, type Followed, followRun } from "./workload";

/** Longest from a part's return to the end of all that was under way, in ms. */
const settleMs = 60_000;
/** From then on a round says what it waited for. */
const slowMs = 10_000;
const rounds = Number(process.env.QD_FAULT_ROUNDS ?? 50);
/** An index that was replaced goes 40 s later: none is replaced in the last rounds, so that nobody waits at the end. */
const lastTurn = Math.max(rounds - 6, 2);
const seed = Number(process.env.QD_FAULT_SEED ?? Date.now() % 1_000_000);

let provider: Provider;
let product: Standing;
let client: Client;
let collectionId: string;
let folders: string;
let quay: Quay;

beforeAll(async () => {
	provider = await startProvider();
	provider.usually({ tokens: 40, intervalMs: 15 });
	folders = await mkdtemp(join(tmpdir(), "quarterdeck-fault-folders-"));
	const model = { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" };
	product = await Standing.make({ ...model, QD_SOURCE_FOLDERS: folders });
	client = await product.makeOwner(await product.start());
	const collection = await client.api.knowledge.createCollection.mutate({ name: "Harbour", access: "everyone" });
	collectionId = collection.id;
	await addDocument(client, collectionId, "first");
	await until(async () => (await client.api.knowledge.getCollection.query({ collectionId })).readyCount === 1, 60_000);
	quay = await Quay.make(client, join(folders, "quay"));
}, 240_000);
afterAll(async () => {
	await product?.remove();
	await provider?.stop();
	if (folders) await rm(folders, { recursive: true, force: true });
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
			const isSynced = random.chance(0.5);
			const isTurned = round <= lastTurn && random.chance(0.5);
			if (isSynced) await quay.turnOver(nameOf(round), random);
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
				isSynced && quay.sync(),
				isTurned && quay.reindex(round),
			]);
			const victims: PartName[] = [random.pick(["web", "worker", "worker", "postgres", "launcher"])];
			if (random.chance(0.2)) victims.push(random.pick(["web", "worker", "postgres"]));
			const isAimed = isTurned && random.chance(0.5);
			for (const [n, victim] of victims.entries()) {
				if (isAimed && n === 0) await quay.nearSwitch(5_000);
				else await random.pause(900);
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
				const accepted = { runIds, documentIds, doomedIds, deletedIds };
				/** What it waited for in the end: where a round is slow, that says why. */
				let last: string[] = [];
				const broken = async () => {
					const now = [
						...(await violations(database, accepted, round === rounds ? atLast : {})),
						...(await quay.violations(database)),
					];
					if (now.length > 0) last = now;
					return now;
				};
				await until(async () => (await broken()).length === 0, settleMs).catch(async () => {
					expect(await broken(), where).toEqual([]);
				});
				const found = await client.api.knowledge.search.query({ query: `ferry ${nameOf(round)}`, limit: 20 });
				expect(
					found.passages.filter(({ documentId }) => deletedIds.includes(documentId)),
					where,
				).toEqual([]);
				expect(await quay.staleFinds(), where).toEqual([]);
				if (performance.now() - backAt > slowMs) console.log(JSON.stringify({ round, waitedFor: last }));
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
					with: [isSynced && "sync", isTurned && (isAimed ? "re-index, near its switch" : "re-index")].filter(Boolean),
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
