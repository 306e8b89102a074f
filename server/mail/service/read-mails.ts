import { count, eq, inArray, sql } from "drizzle-orm";
import { type MailState, mails } from "@/db/schema";
import { actorMay } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import { readRolePermissions, readUserActor } from "@/server/core/rights";
import { emit } from "@/server/jobs/emit";
import { mailWaiting } from "@/server/jobs/events";
import type { ListMails, Mail, MailDelivery, OneMail, OpenedMail } from "../contract";
import { readSmtp } from "../smtp";
import { linkMark, openLink } from "./write-mail";

const hasLink = sql<boolean>`(${mails.link} is not null and ${mails.linkUntil} > now())`;
const columns = {
	id: mails.id,
	kind: mails.kind,
	recipient: mails.recipient,
	subject: mails.subject,
	state: mails.state,
	attempts: mails.attempts,
	lastError: mails.lastError,
	hasLink,
	createdAt: mails.createdAt,
	sentAt: mails.sentAt,
};

/** Newest first. Whoever holds mail:read sees all of them; what stands in one, `openMail` decides. */
export async function listMails(ctx: ServiceContext, input: ListMails): Promise<{ rows: Mail[]; next: string | null }> {
	const { state, kind, createdAt } = mails;
	const list = listQuery(input, {
		filter: { state, kind, recipient: sql`lower(${mails.recipient})`, createdAt },
		sort: { createdAt },
		id: mails.id,
	});
	const rows = await ctx.db.orm
		.select({ ...columns, key: list.key })
		.from(mails)
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

/** What a mail says: a sensitive read, as it may hold a link that lets one in. */
export async function openMail(ctx: ServiceContext, { mailId }: OneMail): Promise<OpenedMail> {
	return ctx.db.transaction(async (tx) => {
		const [mail] = await tx
			.select({ ...columns, body: mails.body, link: mails.link, userId: mails.userId, linkRoles: mails.linkRoles })
			.from(mails)
			.where(eq(mails.id, mailId));
		if (!mail) throw notFound("This mail");
		const withheld = mail.hasLink ? await whyWithheld(ctx, mail) : "This link has been used or has expired.";
		const link = withheld === null ? openLink(mail) : null;
		await audit(ctx, tx, {
			action: "mail.open",
			resource: "mail",
			resourceId: mailId,
			detail: { kind: mail.kind, withLink: link !== null },
		});
		const text = mail.body.replaceAll(linkMark, () => link ?? `[${withheld ?? "This link can't be read any more."}]`);
		return { id: mail.id, text, link };
	});
}

/** Why the reader doesn't get the link: it would give them what they don't hold, or the recipient has it already. */
async function whyWithheld(
	ctx: ServiceContext,
	mail: { state: MailState; userId: string | null; linkRoles: string[] },
): Promise<string | null> {
	if (mail.state !== "kept") return "The link is in the recipient's mailbox, and for them alone.";
	const account = mail.userId ? await readUserActor(ctx.db.orm, mail.userId) : null;
	const given = [...(account?.permissions ?? []), ...(await readRolePermissions(ctx.db.orm, mail.linkRoles))];
	if (given.every((permission) => actorMay(ctx.actor, permission))) return null;
	return "The link gives rights that you don't hold: somebody who holds them can open this mail.";
}

/** Sends a mail that is kept, has failed or may not have arrived. */
export async function sendMail(ctx: ServiceContext, { mailId }: OneMail): Promise<Mail> {
	if (!readSmtp())
		throw new AppError("CONFLICT", "There is no mail server yet: set SMTP_URL and QD_MAIL_FROM, then start again.");
	return ctx.db.transaction(async (tx) => {
		const [before] = await tx.select(columns).from(mails).where(eq(mails.id, mailId)).for("update");
		if (!before) throw notFound("This mail");
		if (!["kept", "failed", "uncertain"].includes(before.state))
			throw new AppError("CONFLICT", "This mail is on its way or has arrived.");
		const [row] = await tx
			.update(mails)
			.set({ state: "waiting", lastError: null })
			.where(eq(mails.id, mailId))
			.returning(columns);
		if (!row) throw notFound("This mail");
		await emit(tx, mailWaiting.create({ mailId }));
		await audit(ctx, tx, {
			action: "mail.send",
			resource: "mail",
			resourceId: mailId,
			before: { state: before.state },
			after: { state: "waiting" },
		});
		return row;
	});
}

export async function readDelivery(ctx: ServiceContext): Promise<MailDelivery> {
	const smtp = readSmtp();
	const rows = await ctx.db.orm
		.select({ state: mails.state, n: count() })
		.from(mails)
		.where(inArray(mails.state, ["waiting", "handed", "uncertain", "failed"]))
		.groupBy(mails.state);
	const total = (...states: MailState[]) =>
		rows.filter(({ state }) => states.includes(state)).reduce((sum, { n }) => sum + n, 0);
	return {
		server: smtp ? `${smtp.host}:${smtp.port}` : null,
		from: smtp?.from ?? null,
		waiting: total("waiting", "handed"),
		stuck: total("uncertain", "failed"),
	};
}
