import { randomUUID } from "node:crypto";
import { desc, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending, promptVersions } from "@/db/schema";
import { share } from "@/server/access/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import type { AppError, errorTable } from "@/server/core/errors";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testContext, testDatabase } from "@/tests/support";

let db: Database;
let ann: ServiceContext;
let bob: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	[ann, bob] = await Promise.all([
		testContext(db, { role: "builder", name: "Ann" }),
		testContext(db, { role: "builder", name: "Bob" }),
	]);
});
const api = (ctx: ServiceContext) =>
	createCaller(contextForActor(ctx.actor, { db, requestId: randomUUID(), via: "rpc" })).prompts;
const refused = (code: keyof typeof errorTable, message?: RegExp) =>
	({ cause: { code, ...(message ? { message: expect.stringMatching(message) } : {}) } }) as unknown as AppError;
const word = () => `P ${randomUUID()}`;
async function made(by: ServiceContext, body: string, more: object = {}) {
	const { prompt } = await api(by).create({ name: word(), body, ...more });
	return prompt;
}
const label = (by: ServiceContext, promptId: string, version: number, name = "production") =>
	api(by).moveLabel({ promptId, label: name, version, basedOn: 0 });
const shareWith = (promptId: string, whom: ServiceContext, level: "read" | "manage" = "read") =>
	share(ann, { kind: "prompt", resourceId: promptId, grantee: requireUser(whom).userId, level });

describe("a version", () => {
	test("has its text and what it leaves open, and never changes", async () => {
		const variables = [{ name: "tone", type: "choice" as const, choices: ["calm", "brisk"], default: "calm" }];
		const prompt = await made(ann, "Be {{tone}}.", { variables });
		expect(prompt).toMatchObject({ latestVersion: 1, variables: [{ name: "tone", isRequired: true }], labels: [] });
		const { versions } = await api(ann).save({
			promptId: prompt.id,
			basedOn: 1,
			body: "Be very {{tone}}.",
			message: "Very",
		});
		expect(versions.map(({ version, body }) => [version, body])).toEqual([
			[2, "Be very {{tone}}."],
			[1, "Be {{tone}}."],
		]);
		// What is left out is as it was.
		expect(versions[0]?.variables).toEqual(versions[1]?.variables);
		await expect(
			db.orm.update(promptVersions).set({ body: "Other" }).where(eq(promptVersions.promptId, prompt.id)),
		).rejects.toThrow();
	});

	test("names each variable that nothing is said of, and is no longer than allowed", async () => {
		await expect(made(ann, "{{tone}} {{team}}")).rejects.toMatchObject(
			refused("INVALID_INPUT", /{{tone}}, {{team}}: say what/),
		);
		await expect(made(ann, "{{#each}}")).rejects.toMatchObject(refused("INVALID_INPUT", /is no variable/));
		await expect(made(ann, "x".repeat(1024 * 1024))).rejects.toMatchObject({ code: "BAD_REQUEST" });
	});

	test("saved by two at once is saved by one", async () => {
		const { id: promptId } = await made(ann, "One");
		const tries = await Promise.allSettled(
			[1, 2, 3].map((n) => api(ann).save({ promptId, basedOn: 1, body: `Two ${n}` })),
		);
		expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	});

	test("is written down without its text: who reads the audit need not read prompts", async () => {
		const canary = `zugvogel ${randomUUID()}`;
		const { id } = await made(ann, canary);
		await api(ann).save({ promptId: id, basedOn: 1, body: `${canary} again`, message: "More" });
		await api(ann).get({ promptId: id });
		const rows = await db.orm
			.select()
			.from(auditPending)
			.where(eq(auditPending.resourceId, id))
			.orderBy(desc(auditPending.at));
		expect(rows.map(({ action }) => action).toSorted()).toEqual(["prompt.create", "prompt.read", "prompt.save"]);
		expect(JSON.stringify(rows)).not.toContain("zugvogel");
		expect(JSON.stringify(rows)).toContain("characters");
	});
});

describe("prompts within prompts", () => {
	test("are put together as they are now, by label or version, with their variables", async () => {
		const tone = await made(ann, "Be {{tone}}.", { variables: [{ name: "tone", default: "calm" }] });
		await label(ann, tone.id, 1);
		const whole = await made(ann, `Answer. {{> ${tone.name}@production}} {{> ${tone.name}@1}} Days: {{days}}`, {
			variables: [{ name: "days", type: "number" }],
		});
		await label(ann, whole.id, 1);
		const asked = { promptId: whole.id, values: { days: 3 } };
		expect(await api(ann).render(asked)).toMatchObject({
			...{ text: "Answer. Be calm. Be calm. Days: 3", version: 1 },
			parts: [
				{ name: tone.name, version: 1 },
				{ name: tone.name, version: 1 },
			],
		});
		await api(ann).save({ promptId: tone.id, basedOn: 1, body: "Be most {{tone}}." });
		await api(ann).moveLabel({ promptId: tone.id, label: "production", version: 2, basedOn: 1 });
		expect((await api(ann).render({ ...asked, values: { days: 3, tone: "{{days}}" } })).text).toBe(
			"Answer. Be most {{days}}. Be {{days}}. Days: 3",
		);
		await expect(api(ann).render({ promptId: whole.id })).rejects.toMatchObject(
			refused("INVALID_INPUT", /days needs a value/),
		);
		await expect(api(ann).render({ ...asked, values: { days: 3, colour: "red" } })).rejects.toMatchObject(
			refused("INVALID_INPUT", /no variable colour/),
		);
		const { rows } = await api(ann).listPublished({ filter: { name: { eq: whole.name } } });
		expect(rows.map(({ variables }) => variables.map(({ name }) => name))).toEqual([["days", "tone"]]);
	});

	test("are only for who may read each of them, to save as to read", async () => {
		const hidden = await made(ann, "A part that Bob may not read");
		await label(ann, hidden.id, 1);
		const whole = await made(ann, `Open. {{> ${hidden.name}}}`);
		await shareWith(whole.id, bob);
		expect((await api(bob).get({ promptId: whole.id })).prompt.body).toContain("Open.");
		const look = () => api(bob).render({ promptId: whole.id, version: 1 });
		await expect(look()).rejects.toMatchObject(refused("CONFLICT", /that you may read/));
		await expect(made(bob, `{{> ${hidden.name}}}`)).rejects.toMatchObject(
			refused("INVALID_INPUT", /no prompt .* that you may read/),
		);
		await expect(made(bob, `{{> ${word()}}}`)).rejects.toMatchObject(
			refused("INVALID_INPUT", /no prompt .* that you may read/),
		);
		await shareWith(hidden.id, bob);
		expect((await look()).text).toBe("Open. A part that Bob may not read");
	});

	test("never stand within themselves, also not once a label moves", async () => {
		const one = await made(ann, "One");
		const two = await made(ann, "Two");
		await expect(api(ann).save({ promptId: one.id, basedOn: 1, body: `{{> ${one.name}@1}}` })).rejects.toMatchObject(
			refused("INVALID_INPUT", /within itself/),
		);
		await label(ann, one.id, 1);
		await label(ann, two.id, 1);
		await api(ann).save({ promptId: one.id, basedOn: 1, body: `One {{> ${two.name}}}` });
		await api(ann).save({ promptId: two.id, basedOn: 1, body: `Two {{> ${one.name}}}` });
		// Each alone is right, both at once are a circle.
		const moves = await Promise.allSettled(
			[one, two].map(({ id }) => api(ann).moveLabel({ promptId: id, label: "production", version: 2, basedOn: 1 })),
		);
		expect(moves.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
		expect(moves.find(({ status }) => status === "rejected")).toMatchObject({
			reason: refused("INVALID_INPUT", /can't stand within itself/),
		});
	});

	test("stand at most five deep", async () => {
		let inner = await made(ann, "0");
		for (let depth = 1; depth <= 5; depth++) inner = await made(ann, `${depth} {{> ${inner.name}@1}}`);
		expect((await api(ann).render({ promptId: inner.id, version: 1 })).text).toBe("5 4 3 2 1 0");
		await expect(made(ann, `{{> ${inner.name}@1}}`)).rejects.toMatchObject(refused("INVALID_INPUT", /at most 5 deep/));
	});
});
