import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeEach, expect, test, vi } from "vitest";
import type { Database } from "@/db/connection";
import { jobEvents, jobRuns, jobSteps, mails, users } from "@/db/schema";
import { accountJobs } from "@/server/account/jobs";
import { log } from "@/server/core/log";
import { inngest } from "@/server/jobs/client";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { testDatabase, testUser, until } from "@/tests/support";
import { passTime, testEngine } from "@/tests/support/jobs";
import { testSmtp } from "@/tests/support/smtp";
import { mailJobs } from "./jobs";

// As an installation with an SMTP server is configured, before anything reads it.
const port = await vi.hoisted(async () => {
	const { createServer } = await import("node:net");
	const probe = createServer();
	await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
	const address = probe.address();
	probe.close();
	const free = typeof address === "object" && address ? address.port : 0;
	process.env.SMTP_URL = `smtp://127.0.0.1:${free}`;
	process.env.QD_MAIL_FROM = "Quarterdeck <no-reply@example.test>";
	process.env.QD_URL = "https://quarterdeck.example.test";
	return free;
});

let db: Database;
beforeEach(async () => {
	// A server that is away is what these tests are about.
	log.level = "silent";
	db = await testDatabase();
});

const stranger = () =>
	createCaller({
		...contextForActor({ kind: "anonymous" }, { db, requestId: randomUUID(), via: "rpc" }),
		origin: { address: `192.0.2.${Math.floor(Math.random() * 250)}`, userAgent: null },
	});
const mailTo = async (address: string) => (await db.orm.select().from(mails).where(eq(mails.recipient, address)))[0];
async function person(): Promise<string> {
	const { userId } = await testUser(db);
	const [row] = await db.orm.select({ email: users.email }).from(users).where(eq(users.id, userId));
	return row?.email ?? "";
}

test("who asks for a new password has the link in their mailbox, and it leads to where people reach us", async () => {
	const { taken } = await testSmtp({ port });
	await testEngine(db, inngest, [...accountJobs, ...mailJobs]);
	const email = await person();
	await stranger().account.forgot({ email });
	await until(async () => (await mailTo(email))?.state === "sent");
	expect(taken).toHaveLength(1);
	expect(taken[0]).toContain(`To: ${email}`);
	// Lines of a mail are short: a long one goes on in the next.
	expect(taken[0]?.replaceAll("=\r\n", "")).toContain("https://quarterdeck.example.test/reset/");
	const kept = JSON.stringify([
		await db.orm.select().from(jobEvents),
		await db.orm.select().from(jobRuns),
		await db.orm.select().from(jobSteps),
	]);
	expect(kept).not.toContain("/reset/");
	expect(kept).not.toContain("@");
});

test("a server that is away is tried again, and what waited goes out once it is back", async () => {
	await testEngine(db, inngest, [...accountJobs, ...mailJobs]);
	const email = await person();
	await stranger().account.forgot({ email });
	await until(async () => (await mailTo(email))?.lastError);
	expect(await mailTo(email)).toMatchObject({ state: "waiting", lastError: expect.stringContaining("ECONNREFUSED") });
	const { taken } = await testSmtp({ port });
	await until(async () => {
		await passTime(db, "1 minute");
		return (await mailTo(email))?.state === "sent";
	});
	expect(taken).toHaveLength(1);
});

test("a server that stays away is given up, and a person can send it once it is back", async () => {
	await testEngine(db, inngest, [...accountJobs, ...mailJobs]);
	const admin = await testUser(db, { role: "admin" });
	const api = createCaller(contextForActor(admin, { db, requestId: randomUUID(), via: "rpc" }));
	const email = await person();
	await stranger().account.forgot({ email });
	await until(async () => {
		await passTime(db, "2 hours");
		return (await mailTo(email))?.state === "failed";
	}, 25_000);
	expect(await api.mail.delivery({})).toMatchObject({ server: `127.0.0.1:${port}`, waiting: 0, stuck: 1 });
	const { taken } = await testSmtp({ port });
	const mailId = (await mailTo(email))?.id ?? "";
	await api.mail.send({ mailId });
	await until(async () => (await mailTo(email))?.state === "sent");
	expect(taken).toHaveLength(1);
	await expect(api.mail.send({ mailId })).rejects.toMatchObject({ code: "CONFLICT" });
});
