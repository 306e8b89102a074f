import { beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { share, unshare } from "@/server/access/service";
import { cacheCounts } from "@/server/core/cache";
import type { ServiceContext } from "@/server/core/context";
import type { Collection } from "@/server/knowledge/contract";
import { testContext, testDatabase } from "@/tests/support";
import { addReady, makeCollection } from "@/tests/support/knowledge";
import { deleteDocument, searchKnowledge } from "..";

const query = "How high may the harbour crane lift?";
let db: Database;
let ana: ServiceContext;
let ben: ServiceContext;
let collection: Collection;
beforeAll(async () => {
	db = await testDatabase();
	ana = await testContext(db);
	ben = await testContext(db);
	collection = await makeCollection(ana);
	await addReady(ana, collection, "crane.md", "The harbour crane lifts forty metres high.");
});

const userOf = ({ actor }: ServiceContext) => (actor.kind === "user" ? actor.userId : "");
const grant = () => ({ kind: "collection", resourceId: collection.id, grantee: userOf(ben) }) as const;

/** What somebody finds, and how often that was remembered and had to be found out. */
async function found(ctx: ServiceContext) {
	const before = counts();
	const { passages } = await searchKnowledge(ctx, { query, limit: 8 });
	const after = counts();
	const names = passages.map(({ documentName }) => documentName).toSorted();
	return { names, hits: after.hits - before.hits, misses: after.misses - before.misses };
}
function counts() {
	const { "keyword hits": words, "nearest passages": near } = cacheCounts();
	return { hits: (words?.hits ?? 0) + (near?.hits ?? 0), misses: (words?.misses ?? 0) + (near?.misses ?? 0) };
}

test("a question is remembered for who may read the same, and for nobody else; a change or a right that is taken ends it", async () => {
	expect(await found(ana)).toEqual({ names: ["crane.md"], hits: 0, misses: 2 });
	expect(await found(ana)).toEqual({ names: ["crane.md"], hits: 2, misses: 0 });
	expect(await found(ben)).toMatchObject({ names: [], hits: 0 });

	await share(ana, { ...grant(), level: "read" });
	expect(await found(ben)).toEqual({ names: ["crane.md"], hits: 2, misses: 0 });

	// Ben reads one more collection than Ana: what was found for her is no answer for him.
	const own = await makeCollection(ben);
	await addReady(ben, own, "own.md", "My own crane lifts two metres.");
	expect(await found(ben)).toEqual({ names: ["crane.md", "own.md"], hits: 0, misses: 2 });
	expect(await found(ana)).toEqual({ names: ["crane.md"], hits: 2, misses: 0 });

	await unshare(ana, grant());
	expect(await found(ben)).toEqual({ names: ["own.md"], hits: 0, misses: 2 });

	const second = await addReady(ana, collection, "second.md", "A second harbour crane lifts fifty metres high.");
	expect(await found(ana)).toEqual({ names: ["crane.md", "second.md"], hits: 0, misses: 2 });
	await deleteDocument(ana, { documentId: second.id });
	expect(await found(ana)).toEqual({ names: ["crane.md"], hits: 0, misses: 2 });
});
