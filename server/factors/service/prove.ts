import { and, eq, gt, sql } from "drizzle-orm";
import { sessions, users } from "@/db/schema";
import { verifyPassword } from "@/server/auth/passwords";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { provider, requiredProvider } from "@/server/core/provider";
import type { Proofs, Prove } from "../contract";
import { checkCode, factorsOf } from "./check";
import { chargeGuess, forgetGuesses } from "./guesses";
import { openIntent, takeIntent } from "./intents";
import { askForPasskey, verifyPasskey } from "./passkeys";

/** Which ways this person has to prove who they are, and whether they need to. */
export async function listProofs(ctx: ServiceContext): Promise<Proofs> {
	const { userId, sessionId } = requireUser(ctx);
	const [user] = await ctx.db.orm
		.select({
			hash: users.passwordHash,
			email: users.email,
			isLinked: sql<boolean>`exists (select 1 from identities where user_id = ${users.id})`,
		})
		.from(users)
		.where(eq(users.id, userId));
	const [fresh] = await ctx.db.orm
		.select({ id: sessions.id })
		.from(sessions)
		.where(and(eq(sessions.id, sessionId ?? userId), gt(sessions.provedAt, sql`now() - interval '9 minutes'`)));
	const factors = await factorsOf(ctx.db.orm, userId);
	return {
		isFresh: fresh !== undefined,
		password: user !== undefined && user.hash !== null && !requiredProvider(user.email),
		totp: factors.includes("totp"),
		passkey: factors.includes("passkey"),
		provider: user?.isLinked ? (provider()?.name ?? null) : null,
	};
}

/** What the browser needs to prove with a passkey who it is. Its challenge belongs to this session. */
export async function startProof(ctx: ServiceContext): Promise<Record<string, unknown>> {
	const { userId, sessionId } = requireUser(ctx);
	const { options, challenge } = await askForPasskey(ctx, userId);
	await openIntent(ctx.db.orm, sessionId, "prove", challenge);
	return options;
}

/** The person of this session proves again who they are: for 10 minutes that is enough for what is dangerous. */
export async function prove(ctx: ServiceContext, input: Prove): Promise<void> {
	const { userId, sessionId } = requireUser(ctx);
	if (ctx.actor.kind !== "user" || sessionId === null)
		throw new AppError("FORBIDDEN", "Only a person who is signed in can prove who they are.");
	const proved = await checkProof(ctx, userId, sessionId, input);
	const fact = { action: "session.prove", resource: "session", resourceId: sessionId } as const;
	if (!proved) {
		await audit(ctx, ctx.db.orm, {
			...fact,
			outcome: "denied",
			reason: "Wrong proof",
			detail: { with: kindOf(input) },
		});
		throw new AppError("INVALID_INPUT", wrong[kindOf(input)], { isAudited: true });
	}
	await ctx.db.transaction(async (tx) => {
		await tx.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, sessionId));
		await audit(ctx, tx, { ...fact, detail: { with: proved } });
	});
}

const wrong = {
	password: "This is not your password.",
	code: "This code is not right, or was used before. Wait for the next one and try that.",
	passkey: "This passkey was not accepted. Try again, or take another way.",
} as const;

const kindOf = (input: Prove): keyof typeof wrong =>
	input.password !== undefined ? "password" : input.code !== undefined ? "code" : "passkey";

async function checkProof(
	ctx: ServiceContext,
	userId: string,
	sessionId: string,
	input: Prove,
): Promise<string | null> {
	if (input.code !== undefined) return checkCode(ctx, userId, input.code);
	if (input.passkey !== undefined) {
		const challenge = await takeIntent(ctx.db.orm, sessionId, "prove");
		if (!challenge) return null;
		return (await verifyPasskey(ctx, { assertion: input.passkey, challenge, userId })) ? "passkey" : null;
	}
	// Whoever found an open session must not guess here what the sign-in page would not let them guess.
	await chargeGuess(ctx.db, userId);
	const [user] = await ctx.db.orm.select({ hash: users.passwordHash }).from(users).where(eq(users.id, userId));
	if (!(await verifyPassword(user?.hash ?? null, input.password ?? ""))) return null;
	await forgetGuesses(ctx.db, userId);
	return "password";
}
