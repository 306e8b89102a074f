import { eq } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { users } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { writeMail } from "@/server/mail/service";

/** Tells the person that the ways into their account changed, so that they notice when it wasn't them. */
export async function noticeOfFactor(ctx: ServiceContext, tx: Tx, userId: string, what: string): Promise<void> {
	const [user] = await tx.select({ name: users.name, email: users.email }).from(users).where(eq(users.id, userId));
	if (!user) return;
	const from = ctx.origin.address ? ` from the address ${ctx.origin.address}` : "";
	await writeMail(tx, {
		kind: "notice",
		to: user.email,
		userId,
		subject: "The ways into your Quarterdeck account changed",
		text: [
			`Hello ${user.name},`,
			what,
			`It was done on ${new Date().toUTCString()}${from}.`,
			"If it wasn't you, change your password, sign out everywhere under Account, and tell an administrator.",
		].join("\n\n"),
	});
}
