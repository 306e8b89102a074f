import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eq, isNull } from "drizzle-orm";
import { Inngest } from "inngest";
import { beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import type { Database } from "@/db/connection";
import { jobEvents, workers } from "@/db/schema";
import { testDatabase, until } from "@/tests/support";
import { emptyJobs, silent } from "@/tests/support/jobs";
import { emit } from "./emit";
import { documentAdded } from "./events";
import { createRelay } from "./relay";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});
beforeEach(() => emptyJobs(db));

type Sent = { id: string; name: string; data: { documentId?: string } };

/** An Inngest server as far as sending goes: `refuses` says which requests it answers with an error. */
async function inngestServer(refuses: (events: Sent[]) => boolean = () => false) {
	const got: Sent[] = [];
	const paths = new Set<string>();
	const server = createServer(async (request, response) => {
		paths.add(request.url ?? "");
		let body = "";
		for await (const part of request) body += part;
		const events: Sent[] = JSON.parse(body);
		const isRefused = refuses(events);
		if (!isRefused) got.push(...events);
		response.writeHead(isRefused ? 400 : 200, { "content-type": "application/json" });
		response.end(JSON.stringify(isRefused ? { error: "no" } : { ids: events.map(({ id }) => id), status: 200 }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	// A server that listens on a port has such an address.
	const { port } = server.address() as AddressInfo;
	const client = new Inngest({
		id: "quarterdeck",
		isDev: false,
		baseUrl: `http://127.0.0.1:${port}`,
		eventKey: "the-key",
		signingKey: "signkey-prod-00",
		logger: silent,
		aiMetadata: false,
	});
	return { client, got, paths };
}

async function startRelay(client: Inngest) {
	const relay = createRelay({ database: db, client, log: silent, poll: 60_000 });
	await relay.start();
	onTestFinished(() => relay.stop());
	return relay;
}

const documentId = "0b8a1f0e-0000-4000-8000-000000000000";
const send = (attempt: number) =>
	db.transaction((tx) => emit(tx, documentAdded.create({ documentId, attempt, isBulk: false, userId: documentId })));
const pending = () => db.orm.select().from(jobEvents).where(isNull(jobEvents.deliveredAt));

test("what was written into the outbox goes to the server with its id, at once, and is marked", async () => {
	const { client, got, paths } = await inngestServer();
	const before = await send(0);
	await startRelay(client);
	await until(() => got.length === 1);
	const after = await send(1);
	await until(async () => (await pending()).length === 0);
	expect(got).toMatchObject([
		{
			id: before,
			name: "knowledge/document.added",
			data: { documentId, attempt: 0, isBulk: false, userId: documentId },
		},
		{ id: after, data: { attempt: 1 } },
	]);
	expect([...paths]).toEqual(["/e/the-key"]);
});

test("one that the server refuses does not hold up the others", async () => {
	let bad = "";
	const { client, got } = await inngestServer((events) => events.some(({ id }) => id === bad));
	bad = await send(0);
	const good = [await send(1), await send(2)];
	await startRelay(client);
	await until(() => got.length === 2, 25_000);
	expect(got.map(({ id }) => id)).toEqual(good);
	await until(async () => (await pending()).length === 1);
	expect(await pending()).toMatchObject([{ id: bad }]);
});

test("nothing is lost while the server is away", async () => {
	let isAway = true;
	const { client, got } = await inngestServer(() => isAway);
	const id = await send(0);
	await startRelay(client);
	isAway = false;
	await until(() => got.length === 1, 25_000);
	expect(got).toMatchObject([{ id }]);
	await until(async () => (await pending()).length === 0);
});

test("its worker is known while it runs", async () => {
	const { client } = await inngestServer();
	const relay = await startRelay(client);
	expect(await db.orm.select().from(workers).where(eq(workers.pid, process.pid))).toHaveLength(1);
	await relay.stop();
	expect(await db.orm.select().from(workers)).toEqual([]);
});
