import { desc, eq, sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { mails } from "@/db/schema";
import { linkMark } from "@/server/mail/service";
import { openLink } from "@/server/mail/service/write-mail";

/** What a person finds in their mailbox, newest first, with the links as they were sent. */
export async function mailbox(db: Database, address: string) {
	const rows = await db.orm
		.select()
		.from(mails)
		.where(eq(sql`lower(${mails.recipient})`, address.toLowerCase()))
		.orderBy(desc(mails.createdAt), desc(mails.id));
	return rows.map((row) => {
		const link = openLink(row);
		return { ...row, link, text: row.body.replaceAll(linkMark, () => link ?? "[gone]") };
	});
}

/** The secret in the newest link of a mailbox. */
export async function newestToken(db: Database, address: string): Promise<string> {
	const link = (await mailbox(db, address)).find((mail) => mail.link)?.link;
	if (!link) throw new Error(`No mail to ${address} has a link`);
	return new URL(link).pathname.split("/").at(-1) ?? "";
}
