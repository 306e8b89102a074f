import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { eq, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import {
	agentVersions,
	approvalRules,
	approvals,
	auditExports,
	auditHolds,
	auditVerifications,
	chunks,
	documentPages,
	documents,
	extractionResults,
	groups,
	invitations,
	jobRuns,
	mails,
	mcpServers,
	mcpTools,
	modelConnections,
	modelPrices,
	modelRoutes,
	models,
	passkeys,
	playgroundTrials,
	promptLabelMoves,
	prompts,
	roles,
	runs,
	sessions,
	sources,
	threadSummaries,
} from "@/db/schema";
import { createAgent, insertAgent } from "@/server/agents/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { startExtraction } from "@/server/extractions/service";
import { giveFeedback } from "@/server/feedback/service";
import { createKey } from "@/server/keys/service";
import { storeUpload } from "@/server/knowledge/service";
import { createProgram } from "@/server/oauth/service";
import { createPrompt, moveLabel, savePrompt, splitLabel } from "@/server/prompts/service";
import { proposePlan } from "@/server/research/service";
import { startRun } from "@/server/runs/service";
import { addWebhook } from "@/server/triggers/service";
import { testUser } from "@/tests/support";
import { makeBudget } from "@/tests/support/budgets";
import { setModel } from "@/tests/support/extractions";
import { bringDocument, makeCollection } from "@/tests/support/knowledge";
import { evaluationMakers } from "./evaluation-makers";
import { safetyMakers } from "./safety-makers";
import { traceMakers } from "./trace-makers";

/** Makes one object that belongs to whoever calls, and answers with its id. `ids` are those that stand in the input beside it. */
type Maker = (ctx: ServiceContext, ids: Record<string, unknown>) => Promise<string | number>;

const name = (what: string) => `${what} ${randomUUID()}`;
/** A document that can be read, without a job that reads it in. */
async function makeDocument(ctx: ServiceContext, collectionId?: unknown): Promise<string> {
	const collection = typeof collectionId === "string" ? { id: collectionId } : await makeCollection(ctx);
	const { id } = await bringDocument(ctx, collection, "notes.md", name("Notes"));
	await ctx.db.orm.update(documents).set({ state: "ready", chunkCount: 1 }).where(eq(documents.id, id));
	await ctx.db.orm.insert(documentPages).values({ documentId: id, page: 1, text: "Some text." });
	return id;
}
async function makeExtractor(ctx: ServiceContext): Promise<string> {
	setModel("http://127.0.0.1:9/v1");
	const extractSchema = { type: "object", properties: { total: { type: "number" } } };
	const definition = { graph: "extract" as const, extractSchema };
	return insertAgent(ctx.db.orm, { name: name("Extractor"), createdBy: requireUser(ctx).userId, definition });
}
async function makeExtraction(ctx: ServiceContext) {
	const { id: collectionId } = await makeCollection(ctx);
	await makeDocument(ctx, collectionId);
	return startExtraction(ctx, { agentId: await makeExtractor(ctx), collectionId });
}
async function resultBy(ctx: ServiceContext, column: PgColumn, id: unknown) {
	if (typeof id !== "string") return undefined;
	const [row] = await ctx.db.orm.select().from(extractionResults).where(eq(column, id));
	return row;
}
async function makeServer(ctx: ServiceContext): Promise<string> {
	const values = {
		name: name("Server"),
		prefix: `p${randomUUID().slice(0, 8)}`,
		address: "https://mcp.example.test/mcp",
	};
	const { userId: ownerId } = requireUser(ctx);
	const [row] = await ctx.db.orm
		.insert(mcpServers)
		.values({ ...values, ownerId })
		.returning({ id: mcpServers.id });
	return row?.id ?? "";
}
async function makeConnection({ db }: ServiceContext): Promise<string> {
	const values = { name: name("Connection"), kind: "openai" as const, address: "https://models.example.test/v1" };
	const [row] = await db.orm.insert(modelConnections).values(values).returning({ id: modelConnections.id });
	return row?.id ?? "";
}
async function makeModel(ctx: ServiceContext): Promise<string> {
	const values = { connectionId: await makeConnection(ctx), name: name("model"), contextTokens: 8_000 };
	const [row] = await ctx.db.orm.insert(models).values(values).returning({ id: models.id });
	return row?.id ?? "";
}
const question = { question: "How many days of leave are there?" };

async function makeAgent(ctx: ServiceContext): Promise<string> {
	const fields = { name: name("Agent").slice(0, 60), description: "", promptVersionId: null, collectionIds: null };
	return (await createAgent(ctx, { ...fields, access: "private" })).id;
}
const noGuard = {
	...{ mostNegative: null, leastFeedback: 20, mostCost: null, leastRuns: 20 },
	...{ leastScore: null, leastScored: 20 },
};
async function makeLabelled(ctx: ServiceContext): Promise<string> {
	const made = await createPrompt(ctx, { name: name("Prompt"), body: "Be brief.", message: "", access: "private" });
	const promptId = made.prompt.id;
	await savePrompt(ctx, { promptId, basedOn: 1, body: "Be briefer.", message: "" });
	await moveLabel(ctx, { promptId, label: "production", version: 1, basedOn: 0, note: "" });
	return promptId;
}
async function makeAnswer(ctx: ServiceContext, agentId?: string): Promise<string> {
	const { runId } = await startRun(ctx, { ...question, ...(agentId ? { agentId } : {}) });
	await ctx.db.orm.update(runs).set({ state: "succeeded", answer: "Thirty days." }).where(eq(runs.id, runId));
	return runId;
}

/** One of every kind of object that an input can name. */
export const makers = {
	user: async (ctx) => (await testUser(ctx.db)).userId,
	role: async (ctx) => {
		const values = { name: name("Role"), permissions: ["account:read" as const] };
		const [row] = await ctx.db.orm.insert(roles).values(values).returning({ id: roles.id });
		return row?.id ?? "";
	},
	group: async (ctx) => {
		const [row] = await ctx.db.orm
			.insert(groups)
			.values({ name: name("Group") })
			.returning({ id: groups.id });
		return row?.id ?? "";
	},
	session: async (ctx) => {
		const { userId } = requireUser(ctx);
		const expiresAt = new Date(Date.now() + 600_000);
		const [row] = await ctx.db.orm.insert(sessions).values({ userId, expiresAt }).returning({ id: sessions.id });
		return row?.id ?? "";
	},
	key: async (ctx) => {
		const limits = { expiresInDays: 1, addresses: [], tokensPerDay: null, callsPerMinute: null };
		return (await createKey(ctx, { name: name("Key"), scopes: ["account:read"], ...limits })).key.id;
	},
	auditVerification: async (ctx) => {
		const [row] = await ctx.db.orm
			.insert(auditVerifications)
			.values({ state: "valid" })
			.returning({ id: auditVerifications.id });
		return row?.id ?? "";
	},
	auditHold: async (ctx) => {
		const values = { reason: name("Hold"), createdBy: requireUser(ctx).userId };
		const [row] = await ctx.db.orm.insert(auditHolds).values(values).returning({ id: auditHolds.id });
		return row?.id ?? "";
	},
	collection: async (ctx) => (await makeCollection(ctx, { name: name("Collection") })).id,
	source: async (ctx) => {
		const { id: collectionId } = await makeCollection(ctx, { name: name("Collection") });
		const values = { collectionId, ownerId: requireUser(ctx).userId, kind: "sitemap" as const, name: name("Source") };
		const [row] = await ctx.db.orm
			.insert(sources)
			.values({ ...values, address: "https://example.test/sitemap.xml" })
			.returning({ id: sources.id });
		return row?.id ?? "";
	},
	upload: async (ctx) => (await storeUpload(ctx, Readable.from([Buffer.from(name("Upload"))]))).uploadId,
	document: makeDocument,
	chunk: async (ctx, ids) => {
		const documentId = String(ids.documentId ?? (await makeDocument(ctx)));
		const place = { documentId, page: 1, text: "Some text.", startOffset: 0, endOffset: 10, length: 2 };
		const [chunk] = await ctx.db.orm
			.insert(chunks)
			.values({ ...place, collectionNo: 1, ordinal: 0 })
			.returning({ id: chunks.id });
		return chunk?.id ?? 0;
	},
	agent: makeAgent,
	/** And with it a model, so that there is something to extract with. */
	extractor: (ctx) => makeExtractor(ctx),
	/** In the collection that stands beside it. */
	documentWithin: (ctx, { collectionId }) => makeDocument(ctx, collectionId),
	/** The one of the result that stands beside it. */
	extraction: async (ctx, { resultId }) =>
		(await resultBy(ctx, extractionResults.id, resultId))?.extractionId ?? (await makeExtraction(ctx)).id,
	/** Of the extraction that stands beside it. */
	extractionResult: async (ctx, { extractionId }) => {
		const beside = await resultBy(ctx, extractionResults.extractionId, extractionId);
		return (beside ?? (await resultBy(ctx, extractionResults.extractionId, (await makeExtraction(ctx)).id)))?.id ?? "";
	},
	...evaluationMakers,
	draftedAgent: async (ctx) => {
		const agentId = await makeAgent(ctx);
		// Of nobody's hand, so that its owner may review it.
		await ctx.db.orm.insert(agentVersions).values({ agentId, basedOn: 1 });
		return agentId;
	},
	prompt: async (ctx) =>
		(await createPrompt(ctx, { name: name("Prompt"), body: "Be brief.", message: "", access: "private" })).prompt.id,
	promptVersion: async (ctx) =>
		(await createPrompt(ctx, { name: name("Prompt"), body: "Be brief.", message: "", access: "private" })).prompt
			.latestVersionId,
	/** With two versions, and the label `production` on the first. */
	labelledPrompt: (ctx) => makeLabelled(ctx),
	splitPrompt: async (ctx) => {
		const promptId = await makeLabelled(ctx);
		await splitLabel(ctx, {
			promptId,
			label: "production",
			version: 2,
			percent: 10,
			basedOn: 1,
			guard: noGuard,
			note: "",
		});
		return promptId;
	},
	/** The prompt of the move that stands beside it. */
	proposedPrompt: async (ctx, { moveId }) => {
		const promptId = await makeLabelled(ctx);
		await ctx.db.orm
			.update(promptLabelMoves)
			.set({ promptId })
			.where(eq(sql`${promptLabelMoves.id}::text`, String(moveId)));
		return promptId;
	},
	labelMove: async (ctx, ids) => {
		const there = await ctx.db.orm.$count(prompts, eq(sql`${prompts.id}::text`, String(ids.promptId)));
		const promptId = there > 0 ? String(ids.promptId) : await makeLabelled(ctx);
		const move = { act: "move" as const, state: "proposed" as const, toVersion: 2, basedOn: 1 };
		const [row] = await ctx.db.orm
			.insert(promptLabelMoves)
			.values({ ...move, promptId, label: name("l") })
			.returning({ id: promptLabelMoves.id });
		return row?.id ?? "";
	},
	/** One that has ended. */
	trial: async (ctx) => {
		const [row] = await ctx.db.orm
			.insert(playgroundTrials)
			.values({ id: randomUUID(), userId: requireUser(ctx).userId, model: "none", state: "done" })
			.returning({ id: playgroundTrials.id });
		return row?.id ?? "";
	},
	thread: async (ctx) => (await startRun(ctx, question)).threadId,
	run: async (ctx) => (await startRun(ctx, question)).runId,
	trigger: async (ctx) => {
		const agentId = await makeAgent(ctx);
		return (await addWebhook(ctx, { agentId, name: name("Webhook").slice(0, 80), question: "How many?" })).trigger.id;
	},
	/** A research run that waits with its plan. */
	planned: async (ctx) => {
		const definition = { graph: "research" as const };
		const made = { name: name("Researcher"), createdBy: requireUser(ctx).userId, definition };
		const { runId } = await startRun(ctx, { ...question, agentId: await insertAgent(ctx.db.orm, made) });
		await proposePlan(ctx.db, runId, { parts: ["How many days?"], isAwaited: true });
		return runId;
	},
	answeredRun: (ctx) => makeAnswer(ctx),
	judgedRun: async (ctx) => {
		const runId = await makeAnswer(ctx, await makeAgent(ctx));
		await giveFeedback(ctx, { runId, thumb: "up", reason: null, correction: null });
		return runId;
	},
	/** With a checkpoint of the id that stands beside it. */
	checkpointedRun: async (ctx, { checkpointId }) => {
		const { runId } = await startRun(ctx, question);
		const checkpoint = { ts: new Date().toISOString(), channel_versions: {}, versions_seen: {} };
		await ctx.db.sql`insert into langgraph.checkpoints (thread_id, checkpoint_ns, checkpoint_id, checkpoint, metadata)
			values (${runId}, '', ${String(checkpointId)}, ${JSON.stringify(checkpoint)}::text::jsonb, '{"step": 0}')`;
		return runId;
	},
	/** With a summary of the id that stands beside it. */
	summarisedThread: async (ctx, { summaryId }) => {
		const { runId, threadId } = await startRun(ctx, question);
		const given = typeof summaryId === "string" ? { id: summaryId } : {};
		const of = { threadId, upToRunId: runId, turns: 1, text: "They spoke of ferries.", documentIds: [], model: "none" };
		await ctx.db.orm.insert(threadSummaries).values({ ...given, ...of });
		return threadId;
	},
	feedback: async (ctx) => {
		const runId = await makeAnswer(ctx, await makeAgent(ctx));
		return (await giveFeedback(ctx, { runId, thumb: "up", reason: null, correction: null })).id;
	},
	invitation: async (ctx) => {
		const values = { email: `${randomUUID()}@example.test`, roles: ["staff"], invitedBy: requireUser(ctx).userId };
		const [row] = await ctx.db.orm
			.insert(invitations)
			.values({ ...values, expiresAt: new Date(Date.now() + 600_000) })
			.returning({ id: invitations.id });
		return row?.id ?? "";
	},
	program: async (ctx) => {
		const wish = { name: "A program", redirectUris: ["https://example.test/back"], withSecret: false };
		return (await createProgram(ctx, wish)).program.id;
	},
	mcpServer: makeServer,
	mcpTool: async (ctx) => {
		const tool = { name: "echo", alias: name("alias"), description: "", inputSchema: { type: "object" }, hash: "none" };
		const [row] = await ctx.db.orm
			.insert(mcpTools)
			.values({ ...tool, serverId: await makeServer(ctx) })
			.returning({ id: mcpTools.id });
		return row?.id ?? "";
	},
	modelConnection: makeConnection,
	model: makeModel,
	modelPrice: async (ctx) => {
		const values = { modelId: await makeModel(ctx), currency: "EUR", inputMicros: 1, outputMicros: 1 };
		const [row] = await ctx.db.orm
			.insert(modelPrices)
			.values({ ...values, validFrom: new Date() })
			.returning({ id: modelPrices.id });
		return row?.id ?? "";
	},
	modelRoute: async (ctx) => {
		const values = { name: `r${randomUUID().slice(0, 8)}` };
		const [row] = await ctx.db.orm.insert(modelRoutes).values(values).returning({ id: modelRoutes.id });
		return row?.id ?? "";
	},
	mail: async (ctx) => {
		const mail = {
			kind: "notice" as const,
			recipient: "a@example.test",
			subject: "Hello",
			body: "Hello.",
			state: "kept" as const,
		};
		const [row] = await ctx.db.orm.insert(mails).values(mail).returning({ id: mails.id });
		return row?.id ?? "";
	},
	passkey: async (ctx) => {
		const values = {
			name: name("Passkey").slice(0, 60),
			publicKey: "none",
			counter: 0,
			transports: [],
			isBackedUp: false,
		};
		const [row] = await ctx.db.orm
			.insert(passkeys)
			.values({ ...values, credentialId: randomUUID(), userId: requireUser(ctx).userId })
			.returning({ id: passkeys.id });
		return row?.id ?? "";
	},
	auditExport: async (ctx) => {
		const values = { format: "csv", filter: {}, state: "ready", fromSeq: 0, toSeq: 0, doneSeq: 0, seenSeq: 0 } as const;
		const expiresAt = new Date(Date.now() + 600_000);
		const [row] = await ctx.db.orm
			.insert(auditExports)
			.values({ ...values, userId: requireUser(ctx).userId, expiresAt })
			.returning({ id: auditExports.id });
		return row?.id ?? "";
	},
	approval: async (ctx) => {
		const { userId } = requireUser(ctx);
		const asked = {
			tool: "test",
			toolVersion: "1",
			risk: "write",
			permission: "account:read",
			effect: "Test.",
		} as const;
		const bound = { arguments: "{}", argumentsHash: "0".repeat(64), bindingHash: randomUUID(), requesterId: userId };
		const call = { chain: [], via: "mcp", requestId: "", needsSecond: false };
		const [row] = await ctx.db.orm
			.insert(approvals)
			.values({ ...asked, ...bound, ...call, expiresAt: new Date(Date.now() + 600_000) })
			.returning({ id: approvals.id });
		return row?.id ?? "";
	},
	approvalRule: async (ctx) => {
		const [row] = await ctx.db.orm
			.insert(approvalRules)
			.values({ tool: name("tool") })
			.returning({ id: approvalRules.id });
		return row?.id ?? "";
	},
	...safetyMakers,
	...traceMakers,
	budget: makeBudget,
	job: async (ctx) => {
		const id = randomUUID();
		await ctx.db.orm.insert(jobRuns).values({ id, functionId: "test", events: [], state: "queued" });
		return id;
	},
} satisfies Record<string, Maker>;
export type Kind = keyof typeof makers;
