import { randomUUID } from "node:crypto";
import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { type MailKind, mails } from "@/db/schema";
import { env } from "@/server/core/env";
import { type SealedPlace, seal, unseal, VaultProblem } from "@/server/core/vault";
import { emit } from "@/server/jobs/emit";
import { mailWaiting } from "@/server/jobs/events";
import { readSmtp } from "../smtp";

/** Stands in a text where its link belongs; no name that people give can hold it. */
export const linkMark = "\uFFFC";
const placeOf = (mailId: string): SealedPlace => ({ table: "mails", row: mailId, column: "link", version: 1 });

/** The link of a mail; null where it has none, or where it was moved or changed. */
export function openLink(mail: { id: string; link: string | null }): string | null {
	try {
		return mail.link && unseal(mail.link, placeOf(mail.id));
	} catch (error) {
		if (error instanceof VaultProblem) return null;
		throw error;
	}
}

export type Letter = {
	kind: MailKind;
	to: string;
	/** Whose account it is about. */
	userId?: string | null;
	subject: string;
	text: string;
	/** A one-time link, written where `linkMark` stands in the text. */
	link?: {
		/** Below the address of this installation, with its secret. */
		path: string;
		/** What it belongs to; `forgetLinks` names it once it is used. */
		id: string;
		until: Date;
		/** Keys of the roles that whoever follows it gets, beside those of the account it is about. */
		roles?: string[];
	};
};

/** What people wrote, as part of a line of a mail: no line breaks, no marks, not too long. */
export const inLine = (text: string): string =>
	text
		.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFC]+/gu, " ")
		.trim()
		.slice(0, 200);

/** Writes a mail in the caller's transaction: it goes out if and only if that commits. Answers its id. */
export async function writeMail(tx: Tx, letter: Letter): Promise<string> {
	const { link } = letter;
	if (!/^[^\s\p{Cc}<>,;"@]+@[^\s\p{Cc}<>,;"@]+$/u.test(letter.to)) throw new Error("a mail goes to one plain address");
	const id = randomUUID();
	const state = readSmtp() ? "waiting" : "kept";
	await tx.insert(mails).values({
		id,
		kind: letter.kind,
		recipient: letter.to,
		userId: letter.userId ?? null,
		subject: inLine(letter.subject),
		body: letter.text,
		link: link ? seal(addressOf(link.path), placeOf(id)) : null,
		linkId: link?.id ?? null,
		linkUntil: link?.until ?? null,
		linkRoles: link?.roles ?? [],
		state,
	});
	if (state === "waiting") await emit(tx, mailWaiting.create({ mailId: id }));
	return id;
}

/** A page of this installation as people reach it from outside. */
/** How mails call this installation. */
export const ourName = (): string => new URL(addressOf("/")).host;

function addressOf(path: string): string {
	const { QD_URL, PORT } = env();
	return new URL(path, QD_URL ?? `http://localhost:${PORT}`).href;
}

/** Takes the links of an invitation or request out of every mail: it was used, taken back, or replaced. */
export async function forgetLinks(tx: Tx, linkId: string): Promise<void> {
	await tx
		.update(mails)
		.set({ link: null })
		.where(and(eq(mails.linkId, linkId), isNotNull(mails.link)));
}

/** Takes out the links that have expired; answers of how many mails. */
export async function forgetExpiredLinks(tx: Tx): Promise<number> {
	const gone = await tx
		.update(mails)
		.set({ link: null })
		.where(and(isNotNull(mails.link), lt(mails.linkUntil, sql`now()`)))
		.returning({ id: mails.id });
	return gone.length;
}
