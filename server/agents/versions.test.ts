import { randomUUID } from "node:crypto";
import { and, desc, eq, isNotNull } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { agentVersions, auditEntries, runs } from "@/db/schema";
import { share } from "@/server/access/service";
import type { ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { openaiModel } from "@/server/models/openai";
import { createPrompt, savePrompt } from "@/server/prompts/service";
import { getRun, startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testUser } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { makeCollection } from "@/tests/support/knowledge";
import { type Provider, startProvider } from "@/tests/support/provider";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let db: Database;
let provider: Provider;
let ann: ServiceContext;
let bob: ServiceContext;
let admin: ServiceContext;
let staff: ServiceContext;
beforeAll(async () => {
	base = await agentsDatabase();
	db = base.db;
	provider = await startProvider();
	[ann, bob, admin, staff] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
		testContext(db, { role: "admin", name: "Ada" }),
		testContext(db, { role: "staff", name: "Sam" }),
	]);
});
afterAll(async () => {
	await provider.stop();
	await base.checkpoints.close();
});

/** Through the gate, as everybody. */
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).agents;
const userId = ({ actor }: ServiceContext) => (actor.kind === "user" ? actor.userId : "");
/** Ann's agent, which Bob manages too and everyone may ask. */
async function shared(more: Partial<Parameters<ReturnType<typeof api>["create"]>[0]> = {}): Promise<string> {
	const { id } = await api(ann).create({ name: randomUUID(), access: "everyone", ...more });
	await share(ann, { kind: "agent", resourceId: id, grantee: userId(bob), level: "manage" });
	return id;
}
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;
const newest = async (agentId: string) =>
	(
		await db.orm
			.select({ action: auditEntries.action, before: auditEntries.before, after: auditEntries.after })
			.from(auditEntries)
			.where(eq(auditEntries.resourceId, agentId))
			.orderBy(desc(auditEntries.at))
			.limit(1)
	)[0];

describe("a draft", () => {
	test("changes nothing for whoever asks until it is published; then its number answers, and it is written down", async () => {
		const agentId = await shared({ tools: ["agents.list"] });
		const draft = await api(ann).saveDraft({
			agentId,
			tools: ["agents.list", "knowledge.search"],
			message: "Searches",
		});
		expect(draft).toMatchObject({ version: null, basedOn: 1, revision: 1, authorNames: ["Ann"], isCurrent: false });
		expect(await api(staff).get({ agentId })).toMatchObject({ version: 1, hasDraft: true, tools: ["agents.list"] });
		expect(await api(ann).publish({ agentId, basedOn: 1 })).toMatchObject({ version: 2, hasDraft: false });
		expect(await api(staff).get({ agentId })).toMatchObject({ version: 2, tools: ["agents.list", "knowledge.search"] });
		expect(await newest(agentId)).toMatchObject({
			action: "agent.publish",
			before: { version: 1 },
			after: { version: 2 },
		});
		const { rows } = await api(ann).listVersions({ agentId });
		expect(rows.map(({ version, isCurrent, message }) => ({ version, isCurrent, message }))).toEqual([
			{ version: 2, isCurrent: true, message: "Searches" },
			{ version: 1, isCurrent: false, message: "" },
		]);
	});

	test("is nobody's who does not manage the agent", async () => {
		const agentId = await shared();
		await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		const other = api(await testContext(db, { role: "builder" }));
		for (const look of [other.getDraft, other.listVersions, other.export])
			await expect(look({ agentId })).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(other.getVersion({ agentId, version: 1 })).rejects.toMatchObject(refused("FORBIDDEN"));
		for (const change of [other.saveDraft, other.publish, other.discardDraft])
			await expect(change({ agentId })).rejects.toMatchObject(refused("FORBIDDEN"));
		await expect(api(staff).getDraft({ agentId })).rejects.toMatchObject(refused("FORBIDDEN"));
		const hidden = (await api(ann).create({ name: randomUUID() })).id;
		await expect(other.getDraft({ agentId: hidden })).rejects.toMatchObject(refused("NOT_FOUND"));
	});

	test("is not overwritten by who has not seen it, nor published over a version that its author has not seen", async () => {
		const agentId = await shared();
		await api(ann).saveDraft({ agentId, basedOn: 0, tools: ["agents.list"] });
		await expect(api(bob).saveDraft({ agentId, basedOn: 0, tools: [] })).rejects.toMatchObject(refused("CHANGED"));
		await api(bob).saveDraft({ agentId, basedOn: 1, tools: ["knowledge.search"] });
		await expect(api(ann).publish({ agentId, basedOn: 1 })).rejects.toMatchObject(refused("CHANGED"));
		await api(ann).update({ agentId, caps: { steps: 9 } });
		await expect(api(bob).publish({ agentId, basedOn: 2 })).rejects.toMatchObject(
			refused("CHANGED", /Version 2 answers/),
		);
		expect(await api(bob).publish({ agentId, basedOn: 2, over: 2 })).toMatchObject({ version: 3, caps: {} });
	});

	test("that two publish at once becomes one version", async () => {
		const agentId = await shared();
		await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		const tries = await Promise.allSettled([ann, bob, ann, bob].map((ctx) => api(ctx).publish({ agentId })));
		expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
		expect((await api(ann).listVersions({ agentId })).rows.map(({ version }) => version)).toEqual([2, 1]);
	});

	test("is thrown away, but not where the agent has nothing else", async () => {
		const agentId = await shared();
		await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		await api(ann).discardDraft({ agentId });
		await expect(api(ann).getDraft({ agentId })).rejects.toMatchObject(refused("NOT_FOUND"));
		const document = { ...(await api(ann).export({ agentId })), name: randomUUID() };
		const made = await api(ann).import({ document });
		await expect(api(ann).discardDraft({ agentId: made.agentId })).rejects.toMatchObject(refused("CONFLICT"));
	});

	test("is given no prompt, model or cap that whoever writes it could not give", async () => {
		const agentId = await shared();
		const { prompt } = await createPrompt(ann, { name: randomUUID(), body: "Mine.", message: "", access: "private" });
		const given = { agentId, promptVersionId: prompt.latestVersionId };
		await expect(api(bob).saveDraft(given)).rejects.toMatchObject(refused("NOT_FOUND"));
		await expect(api(bob).saveDraft({ agentId, model: "none-such" })).rejects.toMatchObject(refused("INVALID_INPUT"));
		const caps = { steps: 1_000 };
		await expect(api(bob).saveDraft({ agentId, caps })).rejects.toMatchObject(refused("INVALID_INPUT"));
		expect((await api(ann).saveDraft(given)).promptName).toBe(prompt.name);
		// What it has it keeps, whoever goes on with it; its name is not told to who may not read it.
		expect(await api(bob).saveDraft({ ...given, tools: ["agents.list"] })).toMatchObject({ promptName: null });
	});
});

describe("a review", () => {
	test("is given by somebody else, for exactly what they read, and only then is it published", async () => {
		const agentId = await shared();
		await api(ann).update({ agentId, needsReview: true });
		await expect(api(ann).update({ agentId, tools: ["agents.list"] })).rejects.toMatchObject(
			refused("CONFLICT", /review/),
		);
		const { revision } = await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		await api(ann).askReview({ agentId, basedOn: revision });
		await expect(api(ann).publish({ agentId })).rejects.toMatchObject(refused("CONFLICT", /review/));
		const approve = { agentId, basedOn: revision, decision: "approve" } as const;
		await expect(api(ann).review(approve)).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await api(bob).review({ ...approve, note: "Fine" })).toMatchObject({
			isApproved: true,
			reviewedByName: "Bob",
		});
		// Written on after it was approved: nobody has looked at that.
		const later = await api(ann).saveDraft({ agentId, tools: ["agents.list", "knowledge.search"] });
		expect(later).toMatchObject({ isApproved: false, reviewedByName: null });
		await expect(api(bob).review(approve)).rejects.toMatchObject(refused("CHANGED"));
		await expect(api(ann).publish({ agentId })).rejects.toMatchObject(refused("CONFLICT", /review/));
		await api(bob).review({ ...approve, basedOn: later.revision });
		expect(await api(ann).publish({ agentId })).toMatchObject({ version: 2 });
		expect(await api(ann).getVersion({ agentId, version: 2 })).toMatchObject({
			reviewedByName: "Bob",
			isApproved: true,
		});
		// What nobody reviewed does not come back past the review either.
		const back = { agentId, version: 1, as: "published" } as const;
		await expect(api(ann).restore(back)).rejects.toMatchObject(refused("CONFLICT", /review/));
	});

	test("is not given by who wrote on it after its author, and not taken off by who manages the agent", async () => {
		const agentId = await shared();
		await api(ann).update({ agentId, needsReview: true });
		await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		const { revision } = await api(bob).saveDraft({ agentId, tools: [] });
		for (const ctx of [ann, bob])
			await expect(api(ctx).review({ agentId, basedOn: revision, decision: "approve" })).rejects.toMatchObject(
				refused("FORBIDDEN"),
			);
		await expect(api(ann).update({ agentId, needsReview: false })).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await api(admin).update({ agentId, needsReview: false })).toMatchObject({ needsReview: false });
	});

	test("sends back with a reason", async () => {
		const agentId = await shared();
		const { revision } = await api(ann).saveDraft({ agentId, tools: ["agents.list"] });
		await api(ann).askReview({ agentId });
		const answer = { agentId, basedOn: revision, decision: "return", note: "Too much" } as const;
		expect(await api(bob).review(answer)).toMatchObject({
			isApproved: false,
			reviewNote: "Too much",
			reviewAskedAt: null,
		});
	});
});

describe("a published version", () => {
	test("can't be changed, by whatever way", async () => {
		const agentId = await shared();
		const change = db.orm.update(agentVersions).set({ tools: ["users.setRole"] });
		const all = and(eq(agentVersions.agentId, agentId), isNotNull(agentVersions.version));
		await expect(change.where(all)).rejects.toMatchObject({ cause: { code: "42501" } });
	});

	test("is restored: it answers again at once, or becomes the draft", async () => {
		const agentId = await shared({ tools: ["agents.list"] });
		await api(ann).update({ agentId, tools: ["knowledge.search"] });
		const back = { agentId, version: 1, as: "published" } as const;
		await expect(api(ann).restore({ ...back, over: 1 })).rejects.toMatchObject(refused("CHANGED"));
		expect(await api(bob).restore({ ...back, over: 2 })).toMatchObject({ version: 1, tools: ["agents.list"] });
		await expect(api(bob).restore(back)).rejects.toMatchObject(refused("CONFLICT"));
		expect(await newest(agentId)).toMatchObject({ action: "agent.restore", before: { version: 2 } });
		expect(await api(bob).restore({ agentId, version: 2, as: "draft" })).toMatchObject({ version: 1, hasDraft: true });
		expect(await api(ann).publish({ agentId })).toMatchObject({ version: 3, tools: ["knowledge.search"] });
		await expect(api(ann).restore({ ...back, version: 9 })).rejects.toMatchObject(refused("NOT_FOUND"));
	});

	test("is compared with another by names", async () => {
		const own = await makeCollection(ann, { name: randomUUID() });
		const agentId = await shared({ tools: ["agents.list"], collectionIds: [own.id], caps: { steps: 9 } });
		await api(ann).update({ agentId, tools: ["agents.list", "knowledge.search"], collectionIds: null, caps: {} });
		expect((await api(ann).compareVersions({ agentId, from: 1, to: 2 })).changes).toEqual([
			{ field: "collections", before: [own.name], after: ["all that the asking person may read"] },
			{ field: "tools", before: [], after: ["knowledge.search"] },
			{ field: "caps", before: ["9 steps"], after: [] },
		]);
		const [hidden] = (await api(bob).compareVersions({ agentId, from: 1, to: 2 })).changes;
		expect(hidden?.before).toEqual([`one that you may not read (${own.id})`]);
		await api(ann).restore({ agentId, version: 1, as: "draft" });
		expect((await api(ann).compareVersions({ agentId, from: 1 })).changes).toEqual([]);
	});
});

describe("a run", () => {
	test("keeps the version that it began with, and says which; what is taken away it loses at once", async () => {
		const { prompt } = await createPrompt(ann, {
			name: randomUUID(),
			body: "Speak one.",
			message: "",
			access: "everyone",
		});
		const { prompt: second } = await savePrompt(ann, {
			promptId: prompt.id,
			basedOn: 1,
			body: "Speak two.",
			message: "",
		});
		const first = { promptVersionId: prompt.latestVersionId, tools: ["agents.list", "prompts.save"] };
		const agentId = await shared(first);
		const { runId } = await startRun(staff, { question: "How many days?", agentId });
		await api(ann).update({
			agentId,
			promptVersionId: second.latestVersionId,
			tools: ["agents.list", "users.setRole"],
		});
		provider.next({ text: "So many." });
		const executor = await testExecutor(base, provider);
		try {
			await readRun(staff, runId);
			const asked = provider.seen.at(-1)?.body as { tools?: { function: { name: string } }[] } | undefined;
			expect(JSON.stringify(asked)).toContain("Speak one.");
			const offered = asked?.tools ?? [];
			expect(offered.map((tool) => tool.function.name)).toEqual(["agents_list"]);
			expect(await getRun(staff, { runId })).toMatchObject({ agentVersion: 1 });
			const next = await startRun(staff, { question: "And now?", agentId });
			await readRun(staff, next.runId);
			expect(JSON.stringify(provider.seen.at(-1)?.body)).toContain("Speak two.");
			expect(await getRun(staff, next)).toMatchObject({ agentVersion: 2 });
		} finally {
			await executor.stop();
		}
	});

	test("asks the model that its agent names", async () => {
		const agentId = await shared();
		const [version] = await db.orm
			.insert(agentVersions)
			.values({ agentId, version: 2, model: "bigger" })
			.returning({ id: agentVersions.id });
		const { runId } = await startRun(staff, { question: "Who are you?", agentId });
		await db.orm.update(runs).set({ agentVersionId: version?.id }).where(eq(runs.id, runId));
		const namedModel = (model: string) => openaiModel({ url: provider.url, key: "sk-test", model });
		const executor = await testExecutor(base, provider, { namedModel });
		try {
			await readRun(staff, runId);
			expect(provider.seen.at(-1)?.body).toMatchObject({ model: "bigger" });
			expect((await getRun(staff, { runId })).result?.model).toBe("bigger");
		} finally {
			await executor.stop();
		}
	});
});

describe("as a document", () => {
	test("an agent goes out by names and comes back as a draft that only its importer has", async () => {
		const { prompt } = await createPrompt(ann, { name: randomUUID(), body: "Brief.", message: "", access: "private" });
		const own = await makeCollection(ann, { name: randomUUID() });
		const of = {
			promptVersionId: prompt.latestVersionId,
			collectionIds: [own.id],
			tools: ["agents.list", "agents.archive"],
		};
		const agentId = await shared({ ...of, approvalTools: ["agents.list"], caps: { steps: 9 } });
		const document = await api(ann).export({ agentId });
		expect(JSON.stringify(document)).not.toMatch(new RegExp([agentId, own.id, prompt.latestVersionId].join("|")));
		expect(document).toMatchObject({ collections: [own.name], prompt: { name: prompt.name, version: 1 } });
		expect(await newest(agentId)).toMatchObject({ action: "agent.export" });
		await expect(api(ann).import({ document })).rejects.toMatchObject(refused("CONFLICT"));
		const made = await api(ann).import({ document, name: randomUUID() });
		expect(made.leftOut).toEqual([]);
		const agent = await api(ann).get({ agentId: made.agentId });
		expect(agent).toMatchObject({
			...of,
			approvalTools: ["agents.list"],
			caps: { steps: 9 },
			version: null,
			access: "private",
		});
		// Nobody asks what nobody published, its maker included.
		await expect(startRun(ann, { question: "Hello?", agentId: made.agentId })).rejects.toMatchObject({
			code: "NOT_FOUND",
		});
		expect(await api(ann).publish({ agentId: made.agentId })).toMatchObject({ version: 1 });
	});

	test("what there is not here is said, each where it stands, and left out only where that is asked for", async () => {
		const agentId = await shared({ tools: ["agents.list", "users.setDisabled"] });
		const own = await makeCollection(ann, { name: randomUUID() });
		const document = {
			...(await api(ann).export({ agentId })),
			name: randomUUID(),
			prompt: { name: "Nobody wrote it", version: 3 },
			model: "none-such",
			collections: [own.name, "Nowhere"],
			tools: ["agents.list", "users.setDisabled", "harbour__berths"],
		};
		const cause = await api(bob)
			.import({ document })
			.then(() => null)
			.catch((error: { cause: AppError }) => error.cause.cause as { issues: { path: unknown[] }[] });
		// Bob may not read Ann's collection, nor call what administrators do: to him both are not there.
		expect(cause?.issues.map(({ path }) => path.join("."))).toEqual([
			"document.prompt",
			"document.model",
			"document.collections.0",
			"document.collections.1",
			"document.tools.1",
			"document.tools.2",
		]);
		const made = await api(bob).import({ document, leaveOut: true });
		expect(made.leftOut).toHaveLength(6);
		// Nowhere is not everywhere.
		const drafted = { promptVersionId: null, model: null, collectionIds: [], tools: ["agents.list"] };
		expect(await api(bob).getDraft({ agentId: made.agentId })).toMatchObject(drafted);
	});

	test("a document is read strictly, and into an agent only by who manages it", async () => {
		const agentId = await shared();
		const document = { ...(await api(ann).export({ agentId })), tools: ["agents.list"] };
		const odd = { document: { ...document, ownerId: randomUUID() } };
		await expect(api(ann).import(odd)).rejects.toMatchObject(refused("INVALID_INPUT"));
		const newer = { document: { ...document, schema: "quarterdeck.agent/2" as "quarterdeck.agent/1" } };
		await expect(api(ann).import(newer)).rejects.toMatchObject(refused("INVALID_INPUT"));
		const other = api(await testContext(db, await testUser(db, { role: "builder" })));
		await expect(other.import({ document, agentId })).rejects.toMatchObject(refused("FORBIDDEN"));
		expect(await api(bob).import({ document, agentId })).toEqual({ agentId, leftOut: [], triggers: 0 });
		expect(await api(ann).getDraft({ agentId })).toMatchObject({ tools: ["agents.list"], authorNames: ["Bob"] });
	});

	test("does not leave with who may not read what it names", async () => {
		const own = await makeCollection(ann, { name: randomUUID() });
		const agentId = await shared({ collectionIds: [own.id] });
		await expect(api(bob).export({ agentId })).rejects.toMatchObject(refused("CONFLICT"));
	});
});
