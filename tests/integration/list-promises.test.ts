import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { sources } from "@/db/schema";
import { createGroup } from "@/server/access/service";
import { createAgent } from "@/server/agents/service";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { exampleOf } from "@/server/faces/rest/openapi/examples";
import { createCollection } from "@/server/knowledge/service";
import { describeSchema, listProcedures } from "@/server/procedures/catalogue";
import { createPrompt } from "@/server/prompts/service";
import { addSchedule } from "@/server/triggers/service";
import { appRouter } from "@/server/trpc/root";
import { makers } from "@/tests/attack/makers";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { callAs } from "@/tests/support/call";

type Json = { properties?: Record<string, Json>; enum?: string[] };

let db: Database;
let owner: UserActor;
const ids: Record<string, string> = {};
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	owner = await testUser(db, { role: "owner" });
	const ctx = await testContext(db, owner);
	ids.userId = owner.userId;
	ids.groupId = (await createGroup(ctx, { name: "Some", description: "" })).id;
	const agent = {
		name: "Some",
		description: "",
		promptVersionId: null,
		collectionIds: null,
		access: "private" as const,
	};
	ids.agentId = (await createAgent(ctx, agent)).id;
	ids.extractionId = String(await makers.extraction(ctx, {}));
	ids.datasetId = String(await makers.dataset(ctx, {}));
	ids.experimentId = String(await makers.experiment(ctx, {}));
	const prompt = { name: "Some", body: "Be brief.", message: "", access: "private" as const };
	ids.promptId = (await createPrompt(ctx, prompt)).prompt.id;
	const schedule = { name: "Some", question: "Why?", cron: "0 7 * * *", timeZone: "UTC" };
	ids.triggerId = (await addSchedule(ctx, { agentId: ids.agentId, ...schedule })).id;
	const { id: collectionId } = await createCollection(ctx, { name: "Some", description: "", access: "private" });
	const source = { collectionId, ownerId: owner.userId, kind: "sitemap" as const, name: "Some" };
	const [made] = await db.orm
		.insert(sources)
		.values({ ...source, address: "https://example.test/sitemap.xml" })
		.returning({ id: sources.id });
	Object.assign(ids, { collectionId, sourceId: made?.id });
});

const lists = listProcedures(appRouter).flatMap(({ path, type, meta }) => {
	const schema = describeSchema(meta.input) as Json;
	const { filter, sort, cursor } = schema.properties ?? {};
	return type === "query" && filter?.properties && sort && cursor ? [[path, schema] as const] : [];
});

/** Every single question that a list's contract lets one ask. */
function questions({ properties = {} }: Json): object[] {
	const { filter, sort, fields } = properties;
	const filters = Object.entries(filter?.properties ?? {}).flatMap(([name, ask]) =>
		Object.entries(ask.properties ?? {}).map(([operator, value]) => ({
			filter: { [name]: { [operator]: exampleOf(value, {}, name) } },
		})),
	);
	const row = (fields as { items?: Json } | undefined)?.items?.enum ?? [];
	return [...filters, ...(sort?.enum ?? []).map((one) => ({ sort: one })), { fields: row }, { fields: row.slice(-1) }];
}

describe("a list answers all that its contract lets one ask", () => {
	test.each(lists)("%s", async (path, schema) => {
		const whose = Object.fromEntries(
			Object.entries(ids).filter(([name]) => Object.hasOwn(schema.properties ?? {}, name)),
		);
		const asked = questions(schema);
		expect(asked.length).toBeGreaterThan(3);
		for (const question of asked) {
			const answer = await callAs(db, owner, path, { ...whose, ...question });
			expect([JSON.stringify(question), answer.code]).toEqual([JSON.stringify(question), "OK"]);
		}
	});
});

test("a cursor of one list means nothing in another", async () => {
	for (let n = 0; n < 2; n++) await createGroup(await testContext(db, owner), { name: `G${n}`, description: "" });
	const page = await callAs(db, owner, "access.listGroups", { limit: 1 });
	const cursor = page.code === "OK" ? (page.answer as { next: string }).next : "";
	expect((await callAs(db, owner, "access.listGroups", { limit: 1, cursor })).code).toBe("OK");
	for (const [path, schema] of lists.filter(([name]) => name !== "access.listGroups")) {
		const whose = Object.fromEntries(
			Object.entries(ids).filter(([name]) => Object.hasOwn(schema.properties ?? {}, name)),
		);
		expect([path, (await callAs(db, owner, path, { ...whose, cursor })).code]).toEqual([path, "BAD_REQUEST"]);
	}
});
