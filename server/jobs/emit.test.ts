import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { jobEvents } from "@/db/schema";
import { testDatabase } from "@/tests/support";
import { inngest } from "./client";
import { asJob } from "./context";
import { emit } from "./emit";
import { documentAdded } from "./events";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

describe("an event", () => {
	test("is there if its transaction committed, and not if it did not", async () => {
		const kept = documentAdded.create({ documentId: randomUUID(), attempt: 0, isBulk: false, userId: randomUUID() });
		const lost = documentAdded.create({ documentId: randomUUID(), attempt: 0, isBulk: false, userId: randomUUID() });
		const id = await db.transaction((tx) => emit(tx, kept));
		const failing = db.transaction(async (tx) => {
			await emit(tx, lost);
			throw new Error("changed my mind");
		});
		await expect(failing).rejects.toThrow("changed my mind");
		const rows = await db.orm.select().from(jobEvents);
		expect(rows).toMatchObject([{ id, name: "knowledge/document.added", data: kept.data, deliveredAt: null }]);
	});

	test("that does not fit its schema is refused, and the transaction with it", async () => {
		const wrong = documentAdded.create({ documentId: "not an id", attempt: 0, isBulk: false, userId: randomUUID() });
		await expect(db.transaction((tx) => emit(tx, wrong))).rejects.toThrow("documentId");
	});

	test("with the same id is written once", async () => {
		const event = documentAdded.create(
			{ documentId: randomUUID(), attempt: 0, isBulk: false, userId: randomUUID() },
			{ id: randomUUID() },
		);
		await db.transaction((tx) => emit(tx, event));
		const id = await db.transaction((tx) => emit(tx, event));
		expect(await db.orm.select().from(jobEvents).where(eq(jobEvents.id, id))).toHaveLength(1);
	});

	test("wakes whoever listens for jobs, when its transaction commits", async () => {
		const { promise, resolve } = Promise.withResolvers<void>();
		const unlisten = await db.listen("jobs", () => resolve());
		await db.transaction((tx) =>
			emit(tx, documentAdded.create({ documentId: randomUUID(), attempt: 0, isBulk: false, userId: randomUUID() })),
		);
		await promise;
		unlisten();
	});

	test("sent through the client lands in the same place", async () => {
		const event = documentAdded.create({ documentId: randomUUID(), attempt: 3, isBulk: false, userId: randomUUID() });
		const { ids } = await asJob({ db }, () => inngest.send(event));
		const rows = await db.orm
			.select()
			.from(jobEvents)
			.where(eq(jobEvents.id, ids[0] ?? ""));
		expect(rows).toMatchObject([{ name: event.name, data: event.data }]);
	});
});
