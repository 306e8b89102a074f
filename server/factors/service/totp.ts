import { and, eq, isNotNull, isNull, lt, or, sql } from "drizzle-orm";
import { Secret, TOTP } from "otpauth";
import { renderSVG } from "uqr";
import type { Reader } from "@/db/connection";
import { totpFactors, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { seal, unseal } from "@/server/core/vault";
import type { TotpOffer } from "../contract";
import { chargeGuess, forgetGuesses } from "./guesses";
import { noticeOfFactor } from "./notice";
import { makeFirstRecoveryCodes } from "./recovery";

const period = 30;
/** How many steps a clock may be off, each way. */
const window = 1;

const placeOf = (row: string) => ({ table: "totp_factors", row, column: "sealed_secret", version: 1 });

const stepOf = (sealedSecret: string, userId: string, code: string): number | null => {
	const totp = new TOTP({ secret: Secret.fromBase32(unseal(sealedSecret, placeOf(userId))), period });
	const now = Date.now();
	const delta = totp.validate({ token: code, timestamp: now, window });
	return delta === null ? null : TOTP.counter({ period, timestamp: now }) + delta;
};

/** A new secret for the person's app. It is no factor until `confirmTotp` has seen a code of it. */
export async function startTotp(ctx: ServiceContext): Promise<TotpOffer> {
	const { userId } = requireUser(ctx);
	const secret = new Secret({ size: 20 });
	const sealedSecret = seal(secret.base32, placeOf(userId));
	const [user] = await ctx.db.orm.select({ email: users.email }).from(users).where(eq(users.id, userId));
	const [begun] = await ctx.db.orm
		.insert(totpFactors)
		.values({ userId, sealedSecret })
		.onConflictDoUpdate({
			target: totpFactors.userId,
			set: { sealedSecret, lastStep: null, createdAt: sql`now()` },
			setWhere: isNull(totpFactors.confirmedAt),
		})
		.returning({ userId: totpFactors.userId });
	if (!begun) throw new AppError("CONFLICT", "You have an app for codes already. Remove it first, then add another.");
	const uri = new TOTP({ issuer: "Quarterdeck", label: user?.email ?? "account", secret, period }).toString();
	return { secret: secret.base32, uri, picture: renderSVG(uri, { border: 2, pixelSize: 6 }) };
}

/** The first code makes it a factor. Answers with recovery codes where there were none. */
export async function confirmTotp(
	ctx: ServiceContext,
	input: { code: string },
): Promise<{ recoveryCodes: string[] | null }> {
	const { userId } = requireUser(ctx);
	await chargeGuess(ctx.db, userId);
	const [begun] = await ctx.db.orm
		.select({ sealedSecret: totpFactors.sealedSecret })
		.from(totpFactors)
		.where(and(eq(totpFactors.userId, userId), isNull(totpFactors.confirmedAt)));
	const step = begun ? stepOf(begun.sealedSecret, userId, digitsOf(input.code)) : null;
	if (!begun || step === null)
		throw new AppError(
			"INVALID_INPUT",
			"This is not the code that the app shows now. Wait for the next one and try that.",
		);
	await forgetGuesses(ctx.db, userId);
	return ctx.db.transaction(async (tx) => {
		const [confirmed] = await tx
			.update(totpFactors)
			.set({ confirmedAt: sql`now()`, lastStep: step })
			.where(
				and(
					eq(totpFactors.userId, userId),
					isNull(totpFactors.confirmedAt),
					eq(totpFactors.sealedSecret, begun.sealedSecret),
				),
			)
			.returning({ userId: totpFactors.userId });
		if (!confirmed) throw new AppError("CONFLICT", "This app was added, or begun anew, in another tab.");
		const codes = await makeFirstRecoveryCodes(tx, userId);
		await audit(ctx, tx, { action: "factor.add", resource: "user", resourceId: userId, detail: { factor: "totp" } });
		await noticeOfFactor(ctx, tx, userId, "An app for sign-in codes was added to your account.");
		return { recoveryCodes: codes };
	});
}

const digitsOf = (code: string) => code.replace(/[\s-]/g, "");
export const isTotpCode = (code: string): boolean => /^\d{6}$/.test(digitsOf(code));

/** Uses the code up: it and all older ones are worth nothing after, also where 20 try it at once. */
export async function consumeTotpCode(db: Reader, userId: string, code: string): Promise<boolean> {
	const isTheirs = and(eq(totpFactors.userId, userId), isNotNull(totpFactors.confirmedAt));
	const [factor] = await db.select({ sealedSecret: totpFactors.sealedSecret }).from(totpFactors).where(isTheirs);
	const step = factor ? stepOf(factor.sealedSecret, userId, digitsOf(code)) : null;
	if (step === null) return false;
	const [used] = await db
		.update(totpFactors)
		.set({ lastStep: step })
		.where(and(isTheirs, or(isNull(totpFactors.lastStep), lt(totpFactors.lastStep, step))))
		.returning({ userId: totpFactors.userId });
	return used !== undefined;
}
