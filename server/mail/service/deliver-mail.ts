import { and, eq, inArray, sql } from "drizzle-orm";
import { type MailState, mails } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { handOver, type Smtp, SmtpRefusal } from "../smtp";
import { linkMark, openLink } from "./write-mail";

/** Somebody else has handed this mail over, or it is not to go any more. */
class NotMine extends Error {}

/** It may go through later. */
export class MailDelayed extends Error {
	override readonly name = "MailDelayed";
	constructor(
		message: string,
		/** Tries so far. */
		readonly attempts: number,
	) {
		super(message);
	}
}

/**
 * Gives a waiting mail to the server. That it is handed over is written before its first byte goes out, and its answer after the
 * last: so a mail goes out at most once, and one whose answer was lost is `uncertain` until a person decides.
 */
export async function deliverMail(
	ctx: ServiceContext,
	smtp: Smtp | null,
	{ mailId }: { mailId: string },
): Promise<MailState | "gone"> {
	const [mail] = await ctx.db.orm.select().from(mails).where(eq(mails.id, mailId));
	if (!mail) return "gone";
	// The worker that had it died before it heard the answer.
	if (mail.state === "handed")
		return settle(ctx, mailId, "uncertain", "The line to the mail server broke: it may have gone out.");
	if (mail.state !== "waiting") return mail.state;
	if (!smtp) return settle(ctx, mailId, "kept", null);
	const link = openLink(mail);
	const isOver = mail.linkUntil !== null && mail.linkUntil.getTime() < Date.now();
	if (mail.linkUntil && (!link || isOver))
		return settle(ctx, mailId, "failed", "Its link was used or expired before it could be sent.");
	const attempts = await countAttempt(ctx, mailId);
	try {
		const text = mail.body.replaceAll(linkMark, () => link ?? "");
		await handOver(smtp, { id: mailId, to: mail.recipient, subject: mail.subject, text }, () => claim(ctx, mailId));
	} catch (error) {
		return afterFailure(ctx, mailId, attempts, error);
	}
	return settle(ctx, mailId, "sent", null);
}

async function countAttempt(ctx: ServiceContext, mailId: string): Promise<number> {
	const [row] = await ctx.db.orm
		.update(mails)
		.set({ attempts: sql`${mails.attempts} + 1` })
		.where(eq(mails.id, mailId))
		.returning({ attempts: mails.attempts });
	return row?.attempts ?? 1;
}

async function claim(ctx: ServiceContext, mailId: string): Promise<void> {
	const [mine] = await ctx.db.orm
		.update(mails)
		.set({ state: "handed", handedAt: sql`now()` })
		.where(and(eq(mails.id, mailId), eq(mails.state, "waiting")))
		.returning({ id: mails.id });
	if (!mine) throw new NotMine();
}

async function afterFailure(
	ctx: ServiceContext,
	mailId: string,
	attempts: number,
	error: unknown,
): Promise<MailState | "gone"> {
	if (!(error instanceof SmtpRefusal)) throw error;
	if (error.cause instanceof NotMine) return readState(ctx, mailId);
	// It had all of it and said nothing: it may have gone out.
	if (error.wasHanded && error.code === null) return settle(ctx, mailId, "uncertain", error.message);
	if (error.isFinal) return settle(ctx, mailId, "failed", error.message);
	await settle(ctx, mailId, "waiting", error.message);
	throw new MailDelayed(error.message, attempts);
}

/** What waits, is handed over or uncertain comes to its end; what has ended stays as it is. */
async function settle(
	ctx: ServiceContext,
	mailId: string,
	state: MailState,
	lastError: string | null,
): Promise<MailState> {
	await ctx.db.orm
		.update(mails)
		.set({ state, lastError, ...(state === "sent" ? { sentAt: sql`now()` } : {}) })
		.where(and(eq(mails.id, mailId), inArray(mails.state, ["waiting", "handed", "uncertain"])));
	return state;
}

async function readState(ctx: ServiceContext, mailId: string): Promise<MailState | "gone"> {
	const [row] = await ctx.db.orm.select({ state: mails.state }).from(mails).where(eq(mails.id, mailId));
	return row?.state ?? "gone";
}

/** After the last try. */
export async function giveUpMail(ctx: ServiceContext, { mailId }: { mailId: string }): Promise<void> {
	await ctx.db.orm
		.update(mails)
		.set({ state: "failed", lastError: sql`coalesce(${mails.lastError}, 'It could not be sent.')` })
		.where(and(eq(mails.id, mailId), eq(mails.state, "waiting")));
}
