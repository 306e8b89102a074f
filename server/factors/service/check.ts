import { and, eq, isNotNull } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { passkeys, totpFactors } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import type { FactorKind } from "../contract";
import { chargeGuess, forgetGuesses } from "./guesses";
import { noticeOfFactor } from "./notice";
import { consumeRecoveryCode, countRecoveryCodes } from "./recovery";
import { consumeTotpCode, isTotpCode } from "./totp";

/** The second factors that a person can be asked for; empty where there is none. */
export async function factorsOf(db: Reader, userId: string): Promise<FactorKind[]> {
	const [totp] = await db
		.select({ userId: totpFactors.userId })
		.from(totpFactors)
		.where(and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt)));
	const [key] = await db.select({ id: passkeys.id }).from(passkeys).where(eq(passkeys.userId, userId)).limit(1);
	if (!totp && !key) return [];
	const hasCodes = (await countRecoveryCodes(db, userId)) > 0;
	return [
		...(totp ? ["totp" as const] : []),
		...(key ? ["passkey" as const] : []),
		...(hasCodes ? ["recovery" as const] : []),
	];
}

/** Whether it is a code of the app or a recovery code of this person; it is used up by that. Throws LIMIT_REACHED after wrong ones. */
export async function checkCode(
	ctx: ServiceContext,
	userId: string,
	code: string,
): Promise<"totp" | "recovery" | null> {
	await chargeGuess(ctx.db, userId);
	const kind = isTotpCode(code) ? "totp" : "recovery";
	const consume = kind === "totp" ? consumeTotpCode : consumeRecoveryCode;
	if (!(await consume(ctx.db.orm, userId, code))) return null;
	await forgetGuesses(ctx.db, userId);
	if (kind === "recovery") await tellOfRecovery(ctx, userId);
	return kind;
}

/** Whoever uses one has lost something, or has found somebody else's codes. */
async function tellOfRecovery(ctx: ServiceContext, userId: string): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const left = await countRecoveryCodes(tx, userId);
		await audit(ctx, tx, { action: "factor.recover", resource: "user", resourceId: userId, detail: { left } });
		await noticeOfFactor(ctx, tx, userId, `A recovery code of your account was used; ${left} are left.`);
	});
}
