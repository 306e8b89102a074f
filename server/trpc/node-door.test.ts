import { createServer, request } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Readable } from "node:stream";
import { eq } from "drizzle-orm";
import { encode } from "next-auth/jwt";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, sessions } from "@/db/schema";
import { useDatabase } from "@/server/core/database";
import { secret } from "@/server/core/secrets";
import { testDatabase, testUser } from "@/tests/support";
import { answerRpc, isRpc } from "./node-door";

let db: Database;
let url: string;
let userId: string;
let headers: Record<string, string>;
const server = createServer((asked, response) => {
	if (isRpc(asked)) return void answerRpc(asked, response);
	response.writeHead(404).end();
});
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	// A server that listens on a port has an address of this form.
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	userId = (await testUser(db, { role: "builder" })).userId;
	const expiresAt = new Date(Date.now() + 60_000);
	const [session] = await db.orm.insert(sessions).values({ userId, expiresAt }).returning({ id: sessions.id });
	const token = await encode({
		token: { sub: userId, sid: session?.id ?? "" },
		secret: secret("session").toString("hex"),
	});
	const cookie = `qd_session=${token}`;
	headers = { origin: url, "x-qd-csrf": "1", "content-type": "application/json", cookie };
});
afterAll(() => server.close());

const create = (more: Record<string, string> = {}) =>
	fetch(`${url}/api/trpc/prompts.create`, {
		method: "POST",
		headers: { ...headers, ...more },
		body: superjson.stringify({ name: `Door ${Math.random()}`, body: "Be brief." }),
	});

test("answers with the headers that keep an answer from being used as a page", async () => {
	const answer = await create();
	expect(answer.status).toBe(200);
	expect(Object.fromEntries(answer.headers)).toMatchObject({
		"x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
		"cache-control": "no-store",
	});
});

test("keeps the caller's own address, whatever a header claims", async () => {
	await create({ "x-qd-address": "203.0.113.9", "x-forwarded-for": "203.0.113.9" });
	const rows = await db.orm
		.select({ address: auditEntries.address })
		.from(auditEntries)
		.where(eq(auditEntries.userId, userId));
	expect(rows.length).toBeGreaterThan(0);
	expect(rows.every(({ address }) => address === "127.0.0.1")).toBe(true);
});

test("refuses a foreign page here too", async () => {
	expect((await create({ origin: "https://evil.test" })).status).toBe(403);
});

test("takes a raw body as a stream, and cuts it off past 25 MB", async () => {
	const bytes = new Uint8Array(26 * 1024 * 1024).fill(65);
	const raw = { ...headers, "content-type": "application/octet-stream" };
	const send = (body: Uint8Array) =>
		fetch(`${url}/api/trpc/knowledge.upload`, { method: "POST", headers: raw, body: new Blob([new Uint8Array(body)]) });
	expect((await send(bytes.subarray(0, 1000))).status).toBe(200);
	expect((await send(bytes)).status).toBe(413);
});

test("lives on when somebody goes on sending what was refused, and lets them hear why", async () => {
	const raw = { ...headers, "content-type": "application/octet-stream", "transfer-encoding": "chunked" };
	const chunk = Buffer.alloc(1024 * 1024, 65);
	const send = () =>
		new Promise<number | undefined>((resolve, reject) => {
			const sent = request(`${url}/api/trpc/knowledge.upload`, { method: "POST", headers: raw });
			sent.on("response", (answer) => resolve(answer.resume().statusCode)).on("error", reject);
			Readable.from(Array.from({ length: 40 }, () => chunk)).pipe(sent);
		});
	expect(await Promise.all([send(), send(), send()])).toEqual([413, 413, 413]);
	expect((await create()).status).toBe(200);
});

test("lives on when somebody leaves in the middle of a small body, and reads none of it as a whole one", async () => {
	const lines = ["POST /api/trpc/prompts.create HTTP/1.1", "content-length: 500"];
	for (const [name, value] of Object.entries({ host: new URL(url).host, ...headers })) lines.push(`${name}: ${value}`);
	const before = await db.orm.$count(auditEntries);
	const socket = connect(Number(new URL(url).port), "127.0.0.1");
	const closed = new Promise((resolve) => server.once("connection", (theirs) => theirs.once("close", resolve)));
	socket.write(`${lines.join("\r\n")}\r\n\r\n${superjson.stringify({ name: "Half", body: "Be brief." })}`);
	socket.end();
	await closed;
	expect(await db.orm.$count(auditEntries)).toBe(before);
	expect((await create()).status).toBe(200);
});

test("is asked for RPC and nothing else", async () => {
	expect((await fetch(`${url}/api/auth/session`)).status).toBe(404);
});
