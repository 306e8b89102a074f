import { createHash, randomUUID } from "node:crypto";
import { eq, inArray } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import type { Database } from "@/db/connection";
import { documentPages, documents, files, runs } from "@/db/schema";
import type { Checkpoints } from "@/server/agents/checkpointer";
import { createFromTemplate } from "@/server/agents/service";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { Extraction, ExtractionResult } from "@/server/extractions/contract";
import { extractionJobs } from "@/server/extractions/jobs";
import { getExtraction, listResults } from "@/server/extractions/service";
import { inngest } from "@/server/jobs/client";
import { openaiModel } from "@/server/models/openai";
import { agentsDatabase, testExecutor } from "./agents";
import { testContext } from "./context";
import { invoiceAnswer, invoiceLines } from "./invoices";
import { emptyJobs, testEngine } from "./jobs";
import { makeCollection } from "./knowledge";
import { type Provider, startProvider } from "./provider";
import { until } from "./until";

export const invoiceText = invoiceLines.join("\n");
export const goodAnswer = { text: JSON.stringify(invoiceAnswer) };

/** For as long as the test file runs, a model is set up, which the stand-in executor asks in its own way. */
export function setModel(url: string | undefined): void {
	Object.assign(env(), { QD_MODEL_URL: url, QD_MODEL: url && "stand-in" });
}

/** A document as it is once it was read in, without the way there. */
export async function readyDocument(
	ctx: ServiceContext,
	collectionId: string,
	{ name = "invoice.txt", pages }: { name?: string; pages: string[] },
): Promise<string> {
	const { actor } = ctx;
	if (actor.kind !== "user") throw new Error("A person brings documents");
	const sha256 = createHash("sha256").update(randomUUID()).digest("hex");
	const { orm } = ctx.db;
	await orm.insert(files).values({ sha256, size: 1 });
	const [row] = await orm
		.insert(documents)
		.values({ collectionId, sha256, name, mediaType: "text/plain", size: 1, state: "ready", uploadedBy: actor.userId })
		.returning({ id: documents.id });
	if (!row) throw new Error("The document was not made");
	await orm.insert(documentPages).values(pages.map((text, at) => ({ documentId: row.id, page: at + 1, text })));
	return row.id;
}

export const invoicesAgent = (ctx: ServiceContext, name: string) =>
	createFromTemplate(ctx, { template: "invoices", name, access: "everyone" });

/** Once nothing is under way or to come. */
export const endedExtraction = (
	ctx: ServiceContext,
	{ id: extractionId }: Pick<Extraction, "id">,
): Promise<Extraction> =>
	until(async () => {
		const now = await getExtraction(ctx, { extractionId });
		return now.queued + now.running === 0 && now.state !== "running" ? now : null;
	});

export const resultsOf = async (
	ctx: ServiceContext,
	{ id: extractionId }: Pick<Extraction, "id">,
): Promise<ExtractionResult[]> => (await listResults(ctx, { extractionId, limit: 200, sort: "ordinal" })).rows;

/** As if it had been deleted a while ago. */
export const dropDocument = (ctx: ServiceContext, id: string) =>
	ctx.db.orm.update(documents).set({ deletedAt: new Date() }).where(eq(documents.id, id));

/** A test file's own world: a database, a stand-in model, an agent that reads invoices. */
export function standExtractions() {
	const world = {} as {
		db: Database;
		checkpoints: Checkpoints;
		/** The default one, which answers questions. */
		assistantId: string;
		agentId: string;
		builder: ServiceContext;
		provider: Provider;
	};
	const going = new Set<{ stop: () => Promise<void> }>();
	beforeAll(async () => {
		world.provider = await startProvider();
		setModel(world.provider.url);
		const { agentId: assistantId, ...base } = await agentsDatabase();
		Object.assign(world, base, { assistantId, builder: await testContext(base.db, { role: "builder" }) });
		world.agentId = (await invoicesAgent(world.builder, "Invoices")).id;
	});
	afterAll(async () => {
		await world.provider.stop();
		await world.checkpoints.close();
	});
	beforeEach(async () => {
		await emptyJobs(world.db);
		// What the test before left under way, its executor handed to the next: this one's, which would ask for it too.
		await world.db.orm
			.update(runs)
			.set({ state: "cancelled", endedAt: new Date() })
			.where(inArray(runs.state, ["queued", "running", "waiting"]));
		world.provider.forget();
		world.provider.seen.length = 0;
		world.provider.usually(goodAnswer);
	});
	afterEach(async () => {
		setModel(world.provider.url);
		await Promise.all([...going].map((one) => one.stop()));
		going.clear();
	});
	/** An executor that asks for rights as it does in earnest, and the jobs; without a model where it is told so. */
	async function work({ sees = false, hasModel = true } = {}): Promise<void> {
		const { provider } = world;
		const model = hasModel ? openaiModel({ url: provider.url, key: "sk-test", model: "stand-in", sees }) : null;
		going.add(await testExecutor(world, provider, { unreadable: undefined, model }));
		await testEngine(world.db, inngest, [...extractionJobs]);
	}
	/** A person with a collection of so many invoices. */
	async function person(count: number, pages = [invoiceText]) {
		const ctx = await testContext(world.db);
		const { id: collectionId } = await makeCollection(ctx, { name: "Invoices" });
		const ids: string[] = [];
		for (let n = 1; n <= count; n++)
			ids.push(await readyDocument(ctx, collectionId, { name: `invoice-${n}.txt`, pages }));
		const { actor } = ctx;
		if (actor.kind !== "user") throw new Error("A person has documents");
		return { ctx, ids, collectionId, userId: actor.userId };
	}
	return { world, work, person };
}
