import { and, eq, isNull, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { accountLinks, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { readUserActor } from "@/server/core/rights";
import { writeMail } from "@/server/mail/service";
import type { ChangeEmail, EmailChangeView, LookAtLink, Rename } from "../contract";
import { addressChangeAskedLetter, addressChangedLetter, addressTakenLetter, confirmAddressLetter } from "../letters";
import { requirePerson } from "./change-password";
import { endLinks, linkGone, makeLink, takeLink, works } from "./links";

const validMinutes = 60;

export async function rename(ctx: ServiceContext, { name }: Rename): Promise<void> {
	const { userId } = requirePerson(ctx);
	await ctx.db.transaction(async (tx) => {
		const [before] = await tx.select({ name: users.name }).from(users).where(eq(users.id, userId)).for("update");
		if (!before) throw notFound("Your account");
		await tx.update(users).set({ name }).where(eq(users.id, userId));
		await audit(ctx, tx, {
			action: "user.rename",
			resource: "user",
			resourceId: userId,
			before: { name: before.name },
			after: { name },
		});
	});
}

/** Nothing changes before the new address is confirmed from its mailbox; one that has an account looks like any other. */
export async function askEmailChange(ctx: ServiceContext, { email }: ChangeEmail): Promise<void> {
	const { userId } = requirePerson(ctx);
	await ctx.db.transaction(async (tx) => {
		const [user] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId)).for("update");
		if (!user) throw notFound("Your account");
		if (user.email === email) throw new AppError("CONFLICT", "This is your address already.");
		await endLinks(tx, userId, "email-change");
		const [other] = await tx
			.select({ id: users.id })
			.from(users)
			.where(eq(sql`lower(${users.email})`, email.toLowerCase()));
		const person = { userId, email: user.email };
		if (other && other.id !== userId) await writeMail(tx, addressTakenLetter(email));
		else {
			const link = await makeLink(tx, { kind: "email-change", userId, email, minutes: validMinutes });
			await writeMail(tx, confirmAddressLetter(person, email, link));
		}
		await writeMail(tx, addressChangeAskedLetter(person));
		await audit(ctx, tx, { action: "user.ask-email-change", resource: "user", resourceId: userId });
	});
}

export async function lookAtEmailChange(ctx: ServiceContext, { token }: LookAtLink): Promise<EmailChangeView> {
	const [found] = await ctx.db.orm
		.select({ email: accountLinks.email })
		.from(accountLinks)
		.innerJoin(users, eq(users.id, accountLinks.userId))
		.where(and(works("email-change", token), isNull(users.disabledAt)));
	return { change: found?.email ? { email: found.email } : null };
}

export async function confirmEmail(ctx: ServiceContext, { token }: LookAtLink): Promise<void> {
	try {
		await ctx.db.transaction(async (tx) => {
			const { userId, email } = await takeLink(tx, "email-change", { token, from: null });
			const actor = await readUserActor(tx, userId, isNull(users.disabledAt));
			const [before] = await tx.select({ email: users.email }).from(users).where(eq(users.id, userId)).for("update");
			if (!actor || !before || email === null) throw linkGone();
			await tx.update(users).set({ email }).where(eq(users.id, userId));
			// Links for a new password went to the old mailbox.
			await endLinks(tx, userId);
			await writeMail(tx, addressChangedLetter({ userId, email: before.email }));
			await audit({ ...ctx, actor }, tx, {
				action: "user.change-email",
				resource: "user",
				resourceId: userId,
				before: { email: before.email },
				after: { email },
			});
		});
	} catch (error) {
		if (databaseCode(error) === "23505")
			throw new AppError(
				"CONFLICT",
				"There is an account with this address by now, so yours keeps the one that it has.",
			);
		throw error;
	}
}
