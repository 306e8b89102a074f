import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, mails, roles } from "@/db/schema";
import { toUserActor } from "@/server/core/rights";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { testSmtp } from "@/tests/support/smtp";
import {
	deliverMail,
	forgetExpiredLinks,
	forgetLinks,
	giveUpMail,
	type Letter,
	linkMark,
	listMails,
	openMail,
	writeMail,
} from "./service";
import { tryOut } from "./smtp";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

const inAnHour = () => new Date(Date.now() + 3_600_000);
const letter = (more: Partial<Letter> = {}): Letter => ({
	kind: "notice",
	to: `${randomUUID()}@example.test`,
	subject: "Hello",
	text: "A line.",
	...more,
});
const write = (more?: Partial<Letter>) => db.transaction((tx) => writeMail(tx, letter(more)));
/** As it is where an SMTP server is set. */
async function waiting(more?: Partial<Letter>): Promise<string> {
	const mailId = await write(more);
	await db.orm.update(mails).set({ state: "waiting" }).where(eq(mails.id, mailId));
	return mailId;
}
const read = async (mailId: string) => (await db.orm.select().from(mails).where(eq(mails.id, mailId)))[0];
const withLink = (roles: string[] = []): Partial<Letter> => ({
	kind: "invitation",
	text: `Come in: ${linkMark}\n`,
	link: { path: "/invite/secret-of-the-link", id: randomUUID(), until: inAnHour(), roles },
});

describe("the outbox", () => {
	test("a mail exists if and only if the change that causes it does", async () => {
		const to = `${randomUUID()}@example.test`;
		const failed = db.transaction(async (tx) => {
			await writeMail(tx, letter({ to }));
			throw new Error("the change failed");
		});
		await expect(failed).rejects.toThrow("the change failed");
		expect(await db.orm.select().from(mails).where(eq(mails.recipient, to))).toEqual([]);
	});

	test("a link is not readable in the database, and moved to another mail it does not open", async () => {
		const one = await write(withLink());
		const other = await write(withLink());
		const row = await read(one);
		expect(JSON.stringify(row)).not.toContain("secret-of-the-link");
		await db.orm
			.update(mails)
			.set({ link: row?.link ?? "" })
			.where(eq(mails.id, other));
		const owner = await testContext(db, { role: "owner" });
		expect((await openMail(owner, { mailId: one })).link).toContain("/invite/secret-of-the-link");
		expect((await openMail(owner, { mailId: other })).link).toBeNull();
	});

	test("opening a mail is audited, and says whether its link was shown", async () => {
		const mailId = await write(withLink(["staff"]));
		await openMail(await testContext(db, { role: "admin" }), { mailId });
		const rows = await db.orm.select().from(auditEntries).where(eq(auditEntries.resourceId, mailId));
		expect(rows).toMatchObject([{ action: "mail.open", detail: { kind: "invitation", withLink: true } }]);
	});

	test("nobody reads a link that gives more than they hold", async () => {
		const owner = await testUser(db, { role: "owner" });
		const admin = await testContext(db, { role: "admin" });
		for (const mailId of [await write(withLink(["owner"])), await write({ ...withLink(), userId: owner.userId })]) {
			const opened = await openMail(admin, { mailId });
			expect(opened.link).toBeNull();
			expect(opened.text).toContain("rights that you don't hold");
			expect((await openMail(await testContext(db, owner), { mailId })).link).not.toBeNull();
		}
	});

	test("a custom role's rights count as much as a built-in one's", async () => {
		const [role] = await db.orm
			.insert(roles)
			.values({ name: randomUUID(), permissions: ["owners:write"] })
			.returning({ id: roles.id });
		const mailId = await write(withLink([role?.id ?? ""]));
		expect((await openMail(await testContext(db, { role: "admin" }), { mailId })).link).toBeNull();
	});

	test("an agent for somebody reads no more than they do", async () => {
		const mailId = await write(withLink(["admin"]));
		const row = {
			userId: randomUUID(),
			name: "Clerk",
			role: "staff",
			groupIds: [],
			roleKeys: ["staff"],
			custom: ["mail:read"],
		};
		const clerk = toUserActor(row, { sessionId: null, provedAt: null });
		const agent = { kind: "agent", agentId: randomUUID(), runId: randomUUID(), onBehalfOf: clerk } as const;
		const ctx = { ...(await testContext(db)), actor: agent };
		expect((await openMail(ctx, { mailId })).link).toBeNull();
	});

	test("a link goes once it is used and once it has expired", async () => {
		const owner = await testContext(db, { role: "owner" });
		const used = await write(withLink());
		await db.transaction(async (tx) => forgetLinks(tx, (await read(used))?.linkId ?? ""));
		const expired = await write(withLink());
		await db.orm
			.update(mails)
			.set({ linkUntil: new Date(Date.now() - 1_000) })
			.where(eq(mails.id, expired));
		for (const mailId of [used, expired])
			expect(await openMail(owner, { mailId })).toMatchObject({ link: null, text: expect.stringContaining("expired") });
		expect((await read(expired))?.link).not.toBeNull();
		await db.transaction(forgetExpiredLinks);
		expect((await read(expired))?.link).toBeNull();
	});

	test("pages follow each other, and a filter by address knows no case", async () => {
		const mine = await testDatabase();
		const ctx = await testContext(mine, { role: "admin" });
		const to = "Ana.Silva@example.test";
		for (let n = 0; n < 5; n++) await mine.transaction((tx) => writeMail(tx, letter(n === 2 ? { to } : {})));
		const first = await listMails(ctx, { limit: 3 });
		const second = await listMails(ctx, { limit: 3, cursor: first.next ?? "" });
		expect(new Set([...first.rows, ...second.rows].map((row) => row.id)).size).toBe(5);
		expect(second.next).toBeNull();
		const found = await listMails(ctx, { limit: 3, filter: { recipient: { eq: to.toLowerCase() } } });
		expect(found.rows.map((row) => row.recipient)).toEqual([to]);
	});

	test.each([
		"ana@example.test\r\nBcc: eve@example.test",
		"ana@example.test, eve@example.test",
		"ana@example.test>\r\nDATA",
		"ana@example.test\0",
		"Ana <ana@example.test>",
		"",
	])("a recipient is one plain address: %j is none", async (to) => {
		await expect(write({ to })).rejects.toThrow("one plain address");
	});
});

describe("the SMTP server", () => {
	test("gets a mail once, with its link, and the mail says that it was sent", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const mailId = await waiting(withLink());
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("sent");
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("sent");
		expect(taken).toHaveLength(1);
		expect(taken[0]).toContain("/invite/secret-of-the-link");
		expect(taken[0]).toContain(`Message-ID: <${mailId}@quarterdeck.example.test>`);
		expect(await read(mailId)).toMatchObject({ state: "sent", attempts: 1, lastError: null });
		const opened = await openMail(await testContext(db, { role: "owner" }), { mailId });
		expect(opened).toMatchObject({ link: null, text: expect.stringContaining("for them alone") });
	});

	test("gets one of ten hand-overs at the same time", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const mailId = await waiting();
		await Promise.all(Array.from({ length: 10 }, () => deliverMail(ctx, smtp, { mailId })));
		expect(taken).toHaveLength(1);
		expect((await read(mailId))?.state).toBe("sent");
	});

	test("no header grows out of a subject, whatever stands in it", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const subject = "Hello\r\nBcc: eve@example.test\r\n\r\nX\u2028Y\u202EZ";
		await deliverMail(ctx, smtp, { mailId: await waiting({ subject }) });
		const head = (taken[0] ?? "").split("\r\n\r\n")[0] ?? "";
		expect(head).not.toMatch(/^Bcc:/im);
		expect(head).toContain("Subject: Hello Bcc: eve@example.test X Y Z");
	});

	test("a lone dot ends no letter", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const text = "before\r\n.\r\nMAIL FROM:<eve@example.test>\r\n.\r\nafter";
		await deliverMail(ctx, smtp, { mailId: await waiting({ text }) });
		expect(taken).toHaveLength(1);
		expect(taken[0]).toContain("after");
	});

	test.each(["refuse sender for now", "refuse letter for now", "no greeting"] as const)(
		"%s: the mail waits, says why, and goes with the next try",
		async (fault) => {
			const ctx = await testContext(db);
			const { smtp, taken, faults } = await testSmtp();
			faults.push(fault);
			const mailId = await waiting();
			await expect(deliverMail(ctx, smtp, { mailId })).rejects.toMatchObject({ name: "MailDelayed", attempts: 1 });
			expect(await read(mailId)).toMatchObject({ state: "waiting", lastError: expect.any(String) });
			expect(await deliverMail(ctx, smtp, { mailId })).toBe("sent");
			expect(taken).toHaveLength(1);
			expect(await read(mailId)).toMatchObject({ attempts: 2, lastError: null });
		},
	);

	test.each(["refuse recipient", "refuse letter"] as const)("%s: the mail fails, and says why", async (fault) => {
		const ctx = await testContext(db);
		const { smtp, taken, faults } = await testSmtp();
		faults.push(fault);
		const mailId = await waiting();
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("failed");
		expect(await read(mailId)).toMatchObject({ state: "failed", lastError: expect.stringMatching(/^55\d/) });
		expect(taken).toEqual([]);
	});

	test.each(["break after letter", "break in letter"] as const)(
		"%s: nobody knows whether it arrived, so it is not sent again by itself",
		async (fault) => {
			const ctx = await testContext(db);
			const { smtp, faults } = await testSmtp();
			faults.push(fault);
			const mailId = await waiting();
			expect(await deliverMail(ctx, smtp, { mailId })).toBe("uncertain");
			expect(await deliverMail(ctx, smtp, { mailId })).toBe("uncertain");
			expect(await read(mailId)).toMatchObject({ state: "uncertain", attempts: 1 });
		},
	);

	test("a worker that died while it handed over leaves a mail that is uncertain, not one that goes twice", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const mailId = await waiting();
		await db.orm.update(mails).set({ state: "handed" }).where(eq(mails.id, mailId));
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("uncertain");
		expect(taken).toEqual([]);
	});

	test("where the claim can't be written, no letter goes out", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const mailId = await waiting();
		const broken = new Proxy(db.orm, {
			get: (orm, name) => {
				const real: unknown = Reflect.get(orm, name);
				if (name !== "update") return real;
				return (table: unknown) => ({
					set: (values: { state?: string }) => {
						if (values.state === "handed") throw new Error("the database is away");
						return db.orm.update(mails).set(values as never);
					},
					table,
				});
			},
		});
		const away = { ...ctx, db: Object.create(db, { orm: { value: broken } }) as Database };
		await expect(deliverMail(away, smtp, { mailId })).rejects.toThrow();
		expect(taken).toEqual([]);
		expect((await read(mailId))?.state).toBe("waiting");
	});

	test("a mail whose link has ended is not sent", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp();
		const mailId = await waiting(withLink());
		await db.orm.update(mails).set({ link: null }).where(eq(mails.id, mailId));
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("failed");
		expect(taken).toEqual([]);
	});

	test("lets us in by our password; with a wrong one the mail waits for it to be mended", async () => {
		const ctx = await testContext(db);
		const login = { user: "quarterdeck", pass: "p@ss:word" };
		const { smtp, taken } = await testSmtp({ login });
		const mailId = await waiting();
		const wrong = { ...smtp, login: { ...login, pass: "wrong" } };
		await expect(deliverMail(ctx, wrong, { mailId })).rejects.toMatchObject({ name: "MailDelayed" });
		await expect(tryOut(wrong)).rejects.toMatchObject({ code: 535 });
		expect(JSON.stringify(await read(mailId))).not.toContain("wrong");
		await tryOut(smtp);
		expect(await deliverMail(ctx, smtp, { mailId })).toBe("sent");
		expect(taken).toHaveLength(1);
	});

	test("a certificate that nobody vouches for gets nothing", async () => {
		const ctx = await testContext(db);
		const { smtp, taken } = await testSmtp({ withTls: true });
		const mailId = await waiting();
		await expect(deliverMail(ctx, smtp, { mailId })).rejects.toMatchObject({ name: "MailDelayed" });
		expect(taken).toEqual([]);
	});

	test("after the last try the mail has failed and says why", async () => {
		const ctx = await testContext(db);
		const mailId = await waiting();
		await expect(deliverMail(ctx, { ...(await testSmtp()).smtp, port: 1 }, { mailId })).rejects.toThrow();
		await giveUpMail(ctx, { mailId });
		expect(await read(mailId)).toMatchObject({ state: "failed", lastError: expect.stringContaining("ECONNREFUSED") });
	});
});
