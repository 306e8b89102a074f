import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { runs } from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { PromptVariables } from "@/server/prompts/contract";
import { startRun } from "@/server/runs/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext } from "@/tests/support";
import { agentsDatabase, readRun, testExecutor } from "@/tests/support/agents";
import { type Provider, startProvider } from "@/tests/support/provider";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let db: Database;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let ann: ServiceContext;
let bob: ServiceContext;
let staff: ServiceContext;
beforeAll(async () => {
	base = await agentsDatabase();
	db = base.db;
	provider = await startProvider();
	executor = await testExecutor(base, provider);
	[ann, bob, staff] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
		testContext(db, { role: "staff", name: "Sam" }),
	]);
});
afterAll(async () => {
	await executor.stop();
	await provider.stop();
	await base.checkpoints.close();
});
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" }));
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;

async function made(body: string, more: object = {}) {
	const { prompt } = await api(ann).prompts.create({ name: `P ${randomUUID()}`, body, ...more });
	await api(ann).prompts.moveLabel({ promptId: prompt.id, label: "production", version: 1, basedOn: 0 });
	return prompt;
}
const production = (promptId: string) => ({ promptLabel: { promptId, label: "production" } });
const agentOf = (of: object, by = ann) => api(by).agents.create({ name: randomUUID(), access: "everyone", ...of });
/** What the model was told for a question of Sam's, and the run's row. */
async function told(agentId: string) {
	const question = `What is the rule ${randomUUID()}?`;
	const { runId } = await startRun(staff, { question, agentId });
	await readRun(staff, runId);
	const seen = provider.seen.find(({ body }) => JSON.stringify(body.messages).includes(question));
	const [run] = await db.orm.select().from(runs).where(eq(runs.id, runId));
	return { system: String(seen?.body.messages[0]?.content), run, runId };
}

describe("an agent that follows a label", () => {
	test("answers by the version that it points to, with its parts; each run keeps exactly those it began with", async () => {
		const part = await made("Be calm.");
		const prompt = await made(`First. {{> ${part.name}}} {{days}} days.`, {
			variables: [{ name: "days", type: "number", default: 5 }],
		});
		const agent = await agentOf(production(prompt.id));
		expect(agent).toMatchObject({ promptVersionId: null, promptName: prompt.name, promptVersion: 1 });
		const first = await told(agent.id);
		expect(first.system).toContain("First. Be calm. 5 days.");
		expect(first.run).toMatchObject({
			promptVersionId: prompt.latestVersionId,
			promptParts: { [`${part.id}@production`]: part.latestVersionId },
		});
		await api(ann).prompts.save({ promptId: part.id, basedOn: 1, body: "Be most calm." });
		expect((await told(agent.id)).system).toContain("First. Be calm.");
		await api(ann).prompts.moveLabel({ promptId: part.id, label: "production", version: 2, basedOn: 1 });
		expect((await told(agent.id)).system).toContain("First. Be most calm.");
		const { prompt: second } = await api(ann).prompts.save({ promptId: prompt.id, basedOn: 1, body: "Second." });
		await api(ann).prompts.moveLabel({ promptId: prompt.id, label: "production", version: 2, basedOn: 1 });
		const last = await told(agent.id);
		expect(last.system).toContain("Second.");
		expect(last.run).toMatchObject({ promptVersionId: second.latestVersionId, promptArm: null });
		expect(await api(ann).agents.get({ agentId: agent.id })).toMatchObject({ promptVersion: 2 });
		const usage = await api(ann).prompts.usage({ promptId: prompt.id });
		expect(usage.versions.map(({ version, runs: count }) => [version, count])).toEqual([
			[2, 1],
			[1, 3],
		]);
		expect(usage.versions[0]?.inputTokens).toBeGreaterThan(0);
		expect((await api(ann).prompts.usage({ promptId: part.id })).prompts).toEqual([]);
		const tried = await api(await withRole("builder"))
			.playground.fromRun({ runId: last.runId })
			.catch((error) => error);
		expect(tried).toMatchObject(refused("NOT_FOUND"));
	});

	test("is given a prompt by who may read it and its parts; a stranger's is not there", async () => {
		const hidden = await made("Hidden.");
		const prompt = await made(`Open. {{> ${hidden.name}}}`);
		await expect(agentOf(production(prompt.id), bob)).rejects.toMatchObject(refused("NOT_FOUND", /label of a prompt/));
		await expect(agentOf(production(randomUUID()), bob)).rejects.toMatchObject(
			refused("NOT_FOUND", /label of a prompt/),
		);
		const grant = { kind: "prompt" as const, grantee: requireUser(bob).userId, level: "read" as const };
		await share(ann, { ...grant, resourceId: prompt.id });
		await expect(agentOf(production(prompt.id), bob)).rejects.toMatchObject(refused("CONFLICT", /that you may read/));
		await expect(agentOf({ promptVersionId: prompt.latestVersionId }, bob)).rejects.toMatchObject(refused("CONFLICT"));
		await share(ann, { ...grant, resourceId: hidden.id });
		expect((await agentOf(production(prompt.id), bob)).promptName).toBe(prompt.name);
		await expect(agentOf({ ...production(prompt.id), promptVersionId: prompt.latestVersionId })).rejects.toMatchObject(
			refused("INVALID_INPUT", /not both/),
		);
	});

	test("never gets a version that leaves open what nobody fills", async () => {
		const prompt = await made("One.");
		const agent = await agentOf(production(prompt.id));
		const open = { variables: [{ name: "team" }, { name: "tone" }] };
		const { prompt: second } = await api(ann).prompts.save({
			promptId: prompt.id,
			basedOn: 1,
			body: "{{team}} {{tone}}",
			...open,
		});
		await expect(
			api(ann).prompts.moveLabel({ promptId: prompt.id, label: "production", version: 2, basedOn: 1 }),
		).rejects.toMatchObject(refused("CONFLICT", /leaves team, tone open/));
		await expect(agentOf({ promptVersionId: second.latestVersionId })).rejects.toMatchObject(
			refused("CONFLICT", /team, tone/),
		);
		expect((await told(agent.id)).system).toContain("One.");
		await expect(
			api(ann).prompts.removeLabel({ promptId: prompt.id, label: "production", basedOn: 1 }),
		).rejects.toMatchObject(refused("CONFLICT", /Agents follow/));
	});

	test("fills what its prompt leaves open by its definition, and what is known by itself", async () => {
		const variables = [
			{ name: "team" },
			{ name: "most", type: "number" },
			{ name: "personName" },
			{ name: "today", type: "date" },
			{ name: "organisation" },
		];
		const body = "{{team}}, {{most}} lines, for {{personName}} of {{organisation}} on {{today}}.";
		const prompt = await made(body, { variables });
		const of = (promptValues: object) => agentOf({ ...production(prompt.id), promptValues });
		await expect(of({})).rejects.toMatchObject(refused("CONFLICT", /leaves team, most open/));
		await expect(of({ team: "Quay", most: "three" })).rejects.toMatchObject(refused("INVALID_INPUT", /takes a number/));
		await expect(of({ team: "Quay", most: 3, tone: "x" })).rejects.toMatchObject(
			refused("INVALID_INPUT", /no variable/),
		);
		await expect(agentOf({ promptValues: { team: "Quay" } })).rejects.toMatchObject(refused("INVALID_INPUT"));
		const agent = await of({ team: "{{most}} Quay", most: 3 });
		const day = new Date().toISOString().slice(0, 7);
		const { system } = await told(agent.id);
		expect(system).toContain("{{most}} Quay, 3 lines, for Sam of the organisation on ");
		expect(system).toContain(day);
		// A version that leaves more open does not become what it follows, unless its draft and what answers fill that.
		const wider = PromptVariables.parse([...variables, { name: "tone" }]);
		await api(ann).prompts.save({ promptId: prompt.id, basedOn: 1, body: `${body} {{tone}}`, variables: wider });
		const move = () => api(ann).prompts.moveLabel({ promptId: prompt.id, label: "production", version: 2, basedOn: 1 });
		await expect(move()).rejects.toMatchObject(refused("CONFLICT", /leaves tone open/));
		const document = await api(ann).agents.export({ agentId: agent.id });
		expect(document.promptValues).toEqual({ team: "{{most}} Quay", most: 3 });
		// Without its prompt it has no use for values.
		expect(
			await api(ann).agents.saveDraft({ agentId: agent.id, promptLabel: null, promptVersionId: null }),
		).toMatchObject({
			promptValues: {},
		});
	});

	test("is refused, without a word of what it would have been told, where its parts are gone", async () => {
		const part = await made("Part.");
		await api(ann).prompts.moveLabel({ promptId: part.id, label: "trial", version: 1, basedOn: 0 });
		const prompt = await made(`Hush. {{> ${part.name}@trial}}`);
		const agent = await agentOf(production(prompt.id));
		await api(ann).prompts.save({ promptId: part.id, basedOn: 1, body: "{{open}}", variables: [{ name: "open" }] });
		await api(ann).prompts.moveLabel({ promptId: part.id, label: "trial", version: 2, basedOn: 1 });
		const refusal = await startRun(staff, { question: "Why?", agentId: agent.id }).catch((error: AppError) => error);
		expect(refusal).toMatchObject({ code: "CONFLICT" });
		expect((refusal as AppError).message).not.toMatch(/Hush|open\b.*value|trial/);
	});

	test("leaves with the label, and comes back with it", async () => {
		const prompt = await made("One.");
		const agent = await agentOf(production(prompt.id));
		const document = await api(ann).agents.export({ agentId: agent.id });
		expect(document.prompt).toEqual({ name: prompt.name, label: "production" });
		const { agentId } = await api(ann).agents.import({ document, name: randomUUID() });
		expect(await api(ann).agents.getDraft({ agentId })).toMatchObject(production(prompt.id));
		const saved = await api(ann).agents.saveDraft({ agentId: agent.id, promptVersionId: prompt.latestVersionId });
		expect(saved).toMatchObject({ promptLabel: null, promptVersionId: prompt.latestVersionId });
		const { changes } = await api(ann).agents.compareVersions({ agentId: agent.id, from: 1 });
		expect(changes).toEqual([
			{ field: "prompt", before: [`${prompt.name}, label production`], after: [`${prompt.name}, version 1`] },
		]);
	});
});

const withRole = (role: "builder") => testContext(db, { role });
