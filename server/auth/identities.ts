import { and, eq, sql } from "drizzle-orm";
import { databaseCode, type Reader, type Tx } from "@/db/connection";
import { identities, sessions, users } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { isOfDomain, type Provider } from "@/server/core/provider";
import { factorsOf, noticeOfFactor, takeIntent } from "@/server/factors/service";
import { acceptByProvider } from "@/server/invitations/service";
import type { SignInProblem } from "./contract";
import { openSession, type SignedIn } from "./service";
import { openStep } from "./steps";

/** What the provider's signed token says of a person. Who they are is issuer and subject; the address is only a word. */
export type Claims = {
	issuer: string;
	subject: string;
	email: string | null;
	isEmailVerified: boolean;
	name: string;
	/** It says that it asked for a second factor. */
	hasFactor: boolean;
	/** When they last proved themselves there, in seconds. */
	authTime: number | null;
};

export type ProviderEntry =
	| { kind: "open"; signedIn: SignedIn }
	| { kind: "half-way"; cookie: string; factors: string[] }
	| { kind: "linked" }
	| { kind: "proved" }
	| { kind: "refused"; problem: SignInProblem };

/** Seconds that the provider's clock may be behind ours. */
const clockSkew = 10;

/** Where a person who comes back from the provider gets: what their session asked for, or a sign-in. */
export async function enterByProvider(
	ctx: ServiceContext,
	provider: Provider,
	claims: Claims,
	browser: { session: UserActor | null; invitation: string | null },
): Promise<ProviderEntry> {
	const { session, invitation } = browser;
	if (claims.issuer !== provider.issuer) return refuse(ctx, null, "refused", "a token of another issuer");
	const known = await findIdentity(ctx.db.orm, claims);
	if (session) {
		const asked = await takeIntent(ctx.db.orm, session.sessionId, "prove at provider");
		if (asked !== null) return proveByProvider({ ...ctx, actor: session }, session, { claims, known, asked });
		if ((await takeIntent(ctx.db.orm, session.sessionId, "link")) !== null)
			return link({ ...ctx, actor: session }, session.userId, claims);
	}
	if (!known && invitation) return acceptInvitation(ctx, invitation, claims);
	if (!known) return welcome(ctx, provider, claims);
	return open(ctx, known, claims);
}

async function findIdentity(db: Reader, { issuer, subject }: Claims): Promise<string | null> {
	const [row] = await db
		.select({ userId: identities.userId })
		.from(identities)
		.where(and(eq(identities.issuer, issuer), eq(identities.subject, subject)));
	return row?.userId ?? null;
}

async function open(ctx: ServiceContext, userId: string, claims: Claims): Promise<ProviderEntry> {
	await ctx.db.orm
		.update(identities)
		.set({ lastUsedAt: sql`now()`, email: claims.email })
		.where(and(eq(identities.issuer, claims.issuer), eq(identities.subject, claims.subject)));
	const factors = claims.hasFactor ? [] : await factorsOf(ctx.db.orm, userId);
	if (factors.length > 0) {
		const [user] = await ctx.db.orm.select({ disabledAt: users.disabledAt }).from(users).where(eq(users.id, userId));
		if (user?.disabledAt) return refuse(ctx, userId, "disabled", "disabled account");
		return { kind: "half-way", cookie: await openStep(ctx.db, { userId, provedWith: "provider" }), factors };
	}
	const provedWith = claims.hasFactor ? "provider with factor" : "provider";
	const signedIn = await openSession(ctx, userId, { provedWith });
	return signedIn ? { kind: "open", signedIn } : { kind: "refused", problem: "disabled" };
}

/** Somebody whom nobody here knows yet. An address that exists is never taken for the person: it has to be linked from inside. */
async function welcome(ctx: ServiceContext, provider: Provider, claims: Claims): Promise<ProviderEntry> {
	const { role } = provider;
	if (!role) return refuse(ctx, null, "stranger", "no account is linked to this identity");
	const { email } = claims;
	if (!email || !claims.isEmailVerified) return refuse(ctx, null, "unverified", "the address is not verified");
	if (provider.domains.length > 0 && !isOfDomain(email, provider.domains))
		return refuse(ctx, null, "stranger", "the address is of another domain");
	try {
		const userId = await ctx.db.transaction(async (tx) => {
			const [user] = await tx.insert(users).values({ email, name: claims.name, role }).returning({ id: users.id });
			if (!user) throw new Error("the account was not stored");
			await addIdentity(tx, user.id, claims);
			await audit(ctx, tx, {
				action: "user.create",
				resource: "user",
				resourceId: user.id,
				detail: { role, by: "provider", issuer: claims.issuer },
			});
			return user.id;
		});
		return open(ctx, userId, claims);
	} catch (error) {
		if (databaseCode(error) === "23505") return refuse(ctx, null, "taken", "the address has an account already");
		throw error;
	}
}

/** Whoever holds the invitation's link is who was invited, whatever address the provider tells. */
async function acceptInvitation(ctx: ServiceContext, token: string, claims: Claims): Promise<ProviderEntry> {
	try {
		const userId = await acceptByProvider(ctx, {
			token,
			name: claims.name,
			alsoDo: async (tx, made) => {
				await addIdentity(tx, made, claims);
				await audit(ctx, tx, {
					action: "identity.link",
					resource: "user",
					resourceId: made,
					detail: { issuer: claims.issuer, by: "invitation" },
				});
			},
		});
		return open(ctx, userId, claims);
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		return refuse(ctx, null, error.code === "CONFLICT" ? "taken" : "invitation-gone", "the invitation does not work");
	}
}

const addIdentity = (tx: Reader, userId: string, { issuer, subject, email }: Claims) =>
	tx
		.insert(identities)
		.values({ userId, issuer, subject, email })
		.onConflictDoNothing()
		.returning({ userId: identities.userId });

/** Links the identity to an account whose person asked for it: in a session of theirs. */
async function linkIdentity(ctx: ServiceContext, tx: Tx, userId: string, claims: Claims): Promise<boolean> {
	const [added] = await addIdentity(tx, userId, claims);
	if (!added) return (await findIdentity(tx, claims)) === userId;
	await audit(ctx, tx, {
		action: "identity.link",
		resource: "user",
		resourceId: userId,
		detail: { issuer: claims.issuer },
	});
	await noticeOfFactor(ctx, tx, userId, "A way to sign in by your organisation's provider was linked to your account.");
	return true;
}

async function link(ctx: ServiceContext, userId: string, claims: Claims): Promise<ProviderEntry> {
	const isTheirs = await ctx.db.transaction((tx) => linkIdentity(ctx, tx, userId, claims));
	return isTheirs
		? { kind: "linked" }
		: refuse(ctx, userId, "linked-elsewhere", "the identity belongs to another account");
}

/** A sign-in there that is older than our question proves nothing. */
async function proveByProvider(
	ctx: ServiceContext,
	session: UserActor,
	proof: { claims: Claims; known: string | null; asked: string },
): Promise<ProviderEntry> {
	if (proof.known !== session.userId)
		return refuse(ctx, session.userId, "other-person", "the proof is of another person");
	if (proof.claims.authTime === null || proof.claims.authTime < Number(proof.asked) - clockSkew)
		return refuse(ctx, session.userId, "stale", "the provider did not ask again");
	await ctx.db.transaction(async (tx) => {
		const sessionId = session.sessionId ?? "";
		await tx.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.id, sessionId));
		await audit(ctx, tx, {
			action: "session.prove",
			resource: "session",
			resourceId: sessionId,
			detail: { with: "provider" },
		});
	});
	return { kind: "proved" };
}

async function refuse(
	ctx: ServiceContext,
	userId: string | null,
	problem: SignInProblem,
	reason: string,
): Promise<ProviderEntry> {
	await audit(ctx, ctx.db.orm, {
		action: "session.open",
		resource: "user",
		resourceId: userId,
		outcome: "denied",
		reason,
		detail: { by: "provider" },
	});
	return { kind: "refused", problem };
}
