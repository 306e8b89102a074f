import { createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditCheckpoints, auditSinks, type SignedCheckpoint } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { env } from "@/server/core/env";
import { testContext, testDatabase } from "@/tests/support";
import { isSignedForS3 } from "@/tests/support/s3";
import { checkpointNext, publicKeys } from "../checkpoint";
import { chainRange, exportChain } from "../export-chain";
import { sealNext } from "../seal";
import { ChainVerifier, readKeys } from "../verifier.mjs";
import { pushCheckpoints } from ".";
import { remoteSinks } from "./remote";

// The places outside the database that hold what was signed, as they see us: each checks who sends, and fails as it is told.

const webhookSecret = "a secret of forty characters, or so it is";
const s3 = { id: "AKIDEXAMPLE", secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", region: "eu-test-1" };

type Fault = "refuse" | "redirect" | "cut" | "lost";
type Request = { method: string; path: string; headers: IncomingHttpHeaders; text: string };
/** `lost` has it, and breaks the line before it says so. */
async function startPlace(isSigned: (request: Request) => boolean) {
	const faults: Fault[] = [];
	const kept: Request[] = [];
	const unsigned: Request[] = [];
	const server = createServer(async (request, response) => {
		const text = (await request.toArray()).join("");
		const one = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, text };
		if (!isSigned(one)) {
			unsigned.push(one);
			return void response.writeHead(403).end();
		}
		const fault = faults.shift();
		if (fault === "refuse") return void response.writeHead(503).end();
		if (fault === "redirect") return void response.writeHead(307, { location: "http://127.0.0.1:1/" }).end();
		if (fault !== "cut") kept.push(one);
		if (fault) return void request.socket.destroy();
		response.writeHead(200).end();
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return { url: `http://127.0.0.1:${port}`, faults, kept, unsigned, server };
}
type Place = Awaited<ReturnType<typeof startPlace>>;

/** HMAC-SHA256 over `id.timestamp.body`, of a few minutes at most. */
function isSignedByWebhook({ headers, text }: Request): boolean {
	const [id, at] = [String(headers["webhook-id"]), String(headers["webhook-timestamp"])];
	const mac = createHmac("sha256", webhookSecret).update(`${id}.${at}.${text}`).digest("base64");
	return Math.abs(Date.now() / 1000 - Number(at)) < 300 && headers["webhook-signature"] === `v1,${mac}`;
}

const hasChecksum = ({ headers, text }: Request) =>
	headers["x-amz-checksum-sha256"] === createHash("sha256").update(text).digest("base64");

let db: Database;
let webhook: Place;
let bucket: Place;
const sinks = () =>
	remoteSinks({
		...env(),
		QD_AUDIT_WEBHOOK_URL: `${webhook.url}/witness?for=us`,
		QD_AUDIT_WEBHOOK_SECRET: webhookSecret,
		QD_AUDIT_S3_URL: `${bucket.url}/bucket/audit of+us (1)/`,
		QD_AUDIT_S3_KEY_ID: s3.id,
		QD_AUDIT_S3_SECRET: s3.secret,
		QD_AUDIT_S3_REGION: s3.region,
	});
beforeAll(async () => {
	webhook = await startPlace(isSignedByWebhook);
	bucket = await startPlace((request) => isSignedForS3(request, s3) && hasChecksum(request));
});
afterAll(() => {
	for (const { server } of [webhook, bucket]) {
		server.closeAllConnections();
		server.close();
	}
});
beforeEach(async () => {
	db = await testDatabase();
	for (const place of [webhook, bucket]) for (const list of [place.faults, place.kept, place.unsigned]) list.length = 0;
});

async function sign(count: number): Promise<void> {
	const ctx = await testContext(db);
	for (let n = 0; n < count; n++) {
		await audit(ctx, db.orm, { action: "thing.write", resource: "thing", detail: { n } });
		while ((await sealNext(db)) > 0);
		await checkpointNext(db, true);
	}
}
const signed = async () =>
	(await db.orm.select().from(auditCheckpoints).orderBy(auditCheckpoints.size)).map(({ checkpoint }) => checkpoint);
const states = async () =>
	Object.fromEntries(
		(await db.orm.select().from(auditSinks)).map(({ name, size, problem }) => [name, { size, problem }]),
	);
const atWebhook = () =>
	webhook.kept.map(({ text }) => (JSON.parse(text) as { checkpoint: SignedCheckpoint }).checkpoint);
/** An object a name, as a store keeps them. */
const inBucket = () => [
	...new Map(bucket.kept.map(({ path, text }) => [path, JSON.parse(text) as SignedCheckpoint])).entries(),
];
const push = (times = 1) =>
	Array.from({ length: times }).reduce<Promise<void>>(
		(before) => before.then(() => pushCheckpoints(db, sinks())),
		Promise.resolve(),
	);

test("each place gets every checkpoint, in its order, signed for it, and once", async () => {
	await sign(3);
	await push(2);
	expect(webhook.unsigned).toEqual([]);
	expect(bucket.unsigned).toEqual([]);
	expect(atWebhook()).toEqual(await signed());
	expect(webhook.kept.map(({ path }) => path)).toEqual(Array(3).fill("/witness?for=us"));
	expect(new Set(webhook.kept.map(({ headers }) => headers["webhook-id"])).size).toBe(3);
	const [{ chain } = { chain: "" }] = await signed();
	expect(inBucket().map(([path]) => path)).toEqual(
		[1, 2, 3].map((n) => `/bucket/audit%20of%2Bus%20%281%29/${chain}/${String(n).padStart(15, "0")}.json`),
	);
	expect(inBucket().map(([, checkpoint]) => checkpoint)).toEqual(await signed());
	expect(await states()).toMatchObject({ webhook: { size: 3, problem: null }, s3: { size: 3, problem: null } });
});

describe.each(["webhook", "s3"])(
	"what fails on its way to the %s is sent again from where it stood, and holds up nobody else",
	(name) => {
		test.each(["refuse", "redirect", "cut", "lost"] as const)("%s", async (fault) => {
			const [place, other] = name === "webhook" ? [webhook, bucket] : [bucket, webhook];
			await sign(3);
			place.faults.push(fault);
			await push();
			expect(other.kept).toHaveLength(3);
			const { problem } = (await states())[name] ?? {};
			expect(problem).toBeTruthy();
			for (const secret of [webhookSecret, s3.secret, "for=us"]) expect(problem).not.toContain(secret);
			await push();
			// What was lost on its way back came twice.
			expect([...new Map(atWebhook().map((one) => [one.size, one])).values()]).toEqual(await signed());
			expect(inBucket().map(([, checkpoint]) => checkpoint)).toEqual(await signed());
			expect(await states()).toMatchObject({ webhook: { size: 3, problem: null }, s3: { size: 3, problem: null } });
		});
	},
);

test("two processes that push at once send nothing twice", async () => {
	await sign(3);
	await Promise.all(Array.from({ length: 5 }, () => push()));
	expect(atWebhook()).toEqual(await signed());
	expect(bucket.kept).toHaveLength(3);
});

test("the verifier takes what a place has kept, and finds by it what the database has lost", async () => {
	await sign(4);
	await push();
	const keys = readKeys(await publicKeys(db.orm));
	const verify = async (checkpoints: readonly SignedCheckpoint[]) => {
		const verifier = new ChainVerifier({ keys, checkpoints });
		for await (const { line } of exportChain(db, await chainRange(db))) verifier.take(Buffer.from(line));
		return verifier.end();
	};
	for (const checkpoints of [atWebhook(), inBucket().map(([, one]) => one)])
		expect(await verify(checkpoints)).toMatchObject({ isValid: true, to: 4 });
	await db.transaction(async (tx) => {
		await tx.execute(sql`set local session_replication_role = replica`);
		await tx.execute(sql`delete from audit_log where seq > 2`);
		await tx.execute(sql`update audit_chain set size = 2, root = (select hash from audit_log where seq = 2)`);
	});
	for (const checkpoints of [atWebhook(), inBucket().map(([, one]) => one)])
		expect((await verify(checkpoints)).problem).toMatchObject({ kind: "truncated", seq: 3 });
});
