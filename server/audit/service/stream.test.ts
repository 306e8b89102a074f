import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { eq, sql } from "drizzle-orm";
import { build } from "esbuild";
import { beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, auditStreams } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import type { GuardPolicy } from "@/server/core/fetch-guard";
import { testContext, testDatabase, until, urlOf } from "@/tests/support";
import { makeSealed } from "@/tests/support/audit";
import { silent } from "@/tests/support/job-client";
import { type Receiver, startReceiver } from "@/tests/support/receiver";
import { SaveStream } from "../contract";
import { startStreamer } from "../streamer";
import { getStream, resumeStream, saveStream, sendNext, testStream } from "./index";

const secret = `whsec_${Buffer.from("a secret of thirty-two bytes ...").toString("base64")}`;
const otherSecret = `whsec_${Buffer.from("another secret of many bytes ...").toString("base64")}`;
const policy: GuardPolicy = { isPrivateAllowed: true, resolve: async () => ["127.0.0.1"] };

let db: Database;
let ctx: ServiceContext;
let receiver: Receiver;
beforeEach(async () => {
	db = await testDatabase();
	ctx = await testContext(db, { role: "admin" });
	receiver = await startReceiver(secret);
});

async function turnOn(change: Partial<SaveStream> = {}) {
	const { version } = await getStream(ctx);
	const input = { url: receiver.url, secret, isOn: true, basedOn: version, ...change };
	return saveStream(ctx, SaveStream.parse(input), policy);
}
/** No test waits for the backoff, or for the lease of a process that was killed. */
const hurry = () => db.orm.update(auditStreams).set({ nextTryAt: sql`now()`, leaseUntil: sql`now() - interval '1 s'` });
const next = async (sender = "one") => sendNext(ctx, sender, policy);
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
async function drain(sender = "one") {
	for (let sent = await next(sender); sent !== "nothing"; sent = await next(sender))
		if (sent === "failed") await hurry();
}

describe("streaming", () => {
	test("brings every sealed entry once, in order, signed, in the names of OCSF", async () => {
		await makeSealed(db, { count: 450 });
		await turnOn();
		await drain();
		await makeSealed(db, { count: 3 });
		await drain();
		expect(receiver.numbers()).toEqual(upTo(453));
		expect(receiver.taken.every(({ isSigned }) => isSigned)).toBe(true);
		expect(receiver.taken.map(({ body }) => [body.first, body.last])).toEqual([
			[1, 200],
			[201, 400],
			[401, 450],
			[451, 453],
		]);
		expect(receiver.taken[0]?.body).toMatchObject({ type: "audit.entries" });
		expect(receiver.taken[0]?.body.entries[0]).toMatchObject({ class_uid: 6003, metadata: { sequence: 1 } });
		expect(await getStream(ctx)).toMatchObject({ state: "on", sentSeq: 453, waiting: 0, failures: 0, problem: null });
	});

	test.each(["refuse", "cut", "redirect"] as const)("goes on without loss after: %s", async (fault) => {
		await makeSealed(db, { count: 250 });
		await turnOn();
		receiver.faults.push("none", fault, fault);
		expect([await next(), await next()]).toEqual(["sent", "failed"]);
		// More comes meanwhile; what was tried is tried again as it was.
		await makeSealed(db, { count: 30 });
		expect(await next()).toBe("nothing");
		const failing = await getStream(ctx);
		expect(failing).toMatchObject({ sentSeq: 200, failures: 1, waiting: 80 });
		expect(failing.problem).toBeTruthy();
		expect(failing.nextTryAt?.getTime()).toBeGreaterThan(Date.now());
		await hurry();
		await drain();
		expect(receiver.numbers()).toEqual(upTo(280));
		expect(new Set(receiver.tried.slice(1, 4).map(({ id }) => id)).size).toBe(1);
		expect(await getStream(ctx)).toMatchObject({ failures: 0, failingSince: null, problem: null });
	});

	test("that was taken but not confirmed comes again under the same id", async () => {
		await makeSealed(db, { count: 20 });
		await turnOn();
		receiver.faults.push("lost");
		await drain();
		expect(receiver.taken.map(({ id }) => id)).toEqual([receiver.taken[0]?.id, receiver.taken[0]?.id]);
		expect(receiver.numbers()).toEqual(upTo(20));
	});

	test("by many processes at once sends nothing twice", async () => {
		await makeSealed(db, { count: 1_000 });
		await turnOn();
		const streamers = upTo(3).map(() => startStreamer({ database: db, log: silent, policy }));
		await until(async () => (await getStream(ctx)).waiting === 0, 20_000);
		await Promise.all(streamers.map(({ stop }) => stop()));
		expect(receiver.taken.flatMap(({ body }) => body.entries.map((entry) => entry.metadata.sequence))).toEqual(
			upTo(1_000),
		);
	});

	test("whose process is killed again and again brings every entry all the same", async () => {
		const program = join(process.cwd(), "node_modules", ".cache", "quarterdeck-tests", `streamer-${process.pid}.mjs`);
		await build({
			entryPoints: ["tests/support/streamer-child.ts"],
			outfile: program,
			...({ bundle: true, platform: "node", format: "esm", packages: "external", target: "node24" } as const),
		});
		await makeSealed(db, { count: 3_000 });
		await turnOn();
		const env = { NODE_ENV: "test", PATH: process.env.PATH, QD_LOG_LEVEL: "fatal" } as const;
		const start = async (): Promise<ChildProcess> => {
			const child = fork(program, {
				env: { ...env, QD_LOG_LEVEL: "error", DATABASE_URL: urlOf(db), QD_AUTH_SECRET: inject("authSecret") },
			});
			onTestFinished(() => void child.kill("SIGKILL"));
			await once(child, "message");
			return child;
		};
		for (let kills = 0; kills < 4; kills++) {
			const child = await start();
			const before = receiver.tried.length;
			await until(() => receiver.tried.length > before);
			child.kill("SIGKILL");
			await once(child, "exit");
			await hurry();
		}
		await start();
		await until(async () => (await getStream(ctx)).waiting === 0, 20_000);
		expect(receiver.numbers()).toEqual(upTo(3_000));
	}, 60_000);

	test("pauses after six hours of failures, says so, and goes on from there when it is told to", async () => {
		await makeSealed(db, { count: 10 });
		await turnOn();
		receiver.faults.push("refuse", "refuse");
		await next();
		await db.orm.update(auditStreams).set({ failingSince: sql`now() - interval '6 hours 1 minute'` });
		await hurry();
		expect(await next()).toBe("failed");
		const paused = await getStream(ctx);
		expect(paused).toMatchObject({ state: "paused", sentSeq: 0, problem: expect.stringContaining("500") });
		await hurry();
		expect(await next()).toBe("nothing");
		const told = await db.orm.select().from(auditEntries).where(eq(auditEntries.action, "audit.pause-stream"));
		expect(told).toMatchObject([{ outcome: "failed", actorLabel: ctx.actor.kind === "user" ? ctx.actor.name : "" }]);
		await expect(resumeStream(ctx, { basedOn: paused.version + 1 })).rejects.toMatchObject({ code: "CHANGED" });
		await resumeStream(ctx, { basedOn: paused.version });
		await drain();
		expect(receiver.numbers()).toEqual(upTo(10));
	});

	test("that was under way when the settings changed moves no cursor of the new ones", async () => {
		await makeSealed(db, { count: 10 });
		await turnOn();
		receiver.faults.push("silent");
		const old = next();
		await until(() => receiver.tried.length === 1);
		const second = await startReceiver(otherSecret);
		await turnOn({ url: second.url, secret: otherSecret, from: "beginning" });
		receiver.release();
		await old;
		expect((await getStream(ctx)).sentSeq).toBe(0);
		await drain("two");
		expect(second.numbers()).toEqual(upTo(10));
		expect(second.taken[0]?.isSigned).toBe(true);
	});

	test("begins where it is told to", async () => {
		await makeSealed(db, { count: 10 });
		await turnOn({ from: "now" });
		await makeSealed(db, { count: 2 });
		await drain();
		expect(receiver.numbers()).toEqual([11, 12]);
	});
});

describe("the secret", () => {
	test("can't be read anywhere", async () => {
		const told = JSON.stringify([await turnOn(), await getStream(ctx)]);
		await testStream(ctx, policy);
		const stored = JSON.stringify([await db.orm.select().from(auditStreams), await db.orm.select().from(auditEntries)]);
		for (const text of [told, stored]) {
			expect(text).not.toContain(secret);
			expect(text).not.toContain("a secret of thirty-two");
		}
		// Nor the other side's own key, in the audit.
		expect(JSON.stringify(await db.orm.select().from(auditEntries))).not.toContain("of-theirs");
	});

	test("must be entered again for another address, and the old one goes nowhere", async () => {
		const saved = await turnOn();
		const thief = await startReceiver(secret);
		for (const url of [thief.url, receiver.url.replace("/audit", "/other"), receiver.url.replace("receiver", "thief")])
			await expect(turnOn({ url, secret: undefined })).rejects.toMatchObject({ code: "INVALID_INPUT" });
		expect(await getStream(ctx)).toMatchObject({ url: saved.url, version: saved.version });
		await turnOn({ url: thief.url, secret: otherSecret });
		await makeSealed(db, { count: 1 });
		await drain();
		expect(thief.tried.length).toBe(1);
		expect(thief.tried.some(({ isSigned }) => isSigned)).toBe(false);
		// One and the same address keeps it.
		await turnOn({ url: thief.url, secret: undefined, isOn: false });
	});

	test("that is new signs beside the old one for a day", async () => {
		await turnOn();
		await makeSealed(db, { count: 1 });
		expect((await turnOn({ secret: otherSecret })).formerUntil?.getTime()).toBeGreaterThan(Date.now() + 86_000_000);
		await drain();
		expect(receiver.taken[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1,\S+$/);
		expect(receiver.taken[0]?.isSigned).toBe(true);
		await db.orm.update(auditStreams).set({ formerUntil: sql`now() - interval '1 s'` });
		await makeSealed(db, { count: 1 });
		await drain();
		expect(receiver.taken[1]?.isSigned).toBe(false);
	});

	test("that can't be opened any more stops the sending and is told", async () => {
		await turnOn();
		await makeSealed(db, { count: 1 });
		await db.orm.update(auditStreams).set({ secret: sql`replace(secret, 'v1.', 'v1.0')` });
		expect(await next()).toBe("failed");
		expect((await getStream(ctx)).problem).toContain("enter it again");
		expect(receiver.tried).toEqual([]);
	});
});

describe("the address", () => {
	test.each(["http://127.0.0.1:9/", "http://169.254.169.254/latest/", "http://localhost/", "ftp://example.org/", "x"])(
		"%s is refused when it is saved",
		async (url) => {
			const { version } = await getStream(ctx);
			const input = { url, secret, isOn: true, basedOn: version };
			await expect(saveStream(ctx, input)).rejects.toMatchObject({ code: "INVALID_INPUT" });
			expect(await getStream(ctx)).toMatchObject({ url: null, state: "off" });
		},
	);

	test("is checked again at each delivery", async () => {
		await turnOn();
		await makeSealed(db, { count: 1 });
		const rebound: GuardPolicy = { isPrivateAllowed: false, resolve: async () => ["127.0.0.1"] };
		expect(await sendNext(ctx, "one", rebound)).toBe("failed");
		expect(receiver.tried).toEqual([]);
	});

	test("can be tried out without sending an entry", async () => {
		await expect(testStream(ctx, policy)).rejects.toMatchObject({ code: "CONFLICT" });
		await turnOn({ isOn: false });
		expect(await testStream(ctx, policy)).toEqual({ isTaken: true, status: 204, problem: null });
		receiver.faults.push("refuse");
		expect(await testStream(ctx, policy)).toMatchObject({ isTaken: false, status: 500 });
		expect(receiver.taken).toMatchObject([{ isSigned: true, body: { type: "audit.test" } }]);
		expect((await getStream(ctx)).sentSeq).toBe(0);
	});

	test("is not overwritten by somebody who has not seen it", async () => {
		await turnOn();
		await expect(turnOn({ basedOn: 1 })).rejects.toMatchObject({ code: "CHANGED" });
	});
});
