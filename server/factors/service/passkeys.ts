import { isIP } from "node:net";
import {
	type AuthenticationResponseJSON,
	generateAuthenticationOptions,
	generateRegistrationOptions,
	type RegistrationResponseJSON,
	verifyAuthenticationResponse,
	verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { and, asc, eq, lt, or, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { passkeys, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { ownOrigin } from "@/server/core/own-origin";
import type { AddPasskey, Passkey, PasskeyAssertion, PasskeyRegistration } from "../contract";
import { openIntent, takeIntent } from "./intents";
import { noticeOfFactor } from "./notice";
import { makeFirstRecoveryCodes } from "./recovery";

const mostPasskeys = 20;

/** Whom a passkey is for: this installation, by the name that browsers know it by. */
function relyingParty(ctx: ServiceContext): { id: string; origin: string } {
	const origin = ownOrigin(ctx.origin.host);
	const id = new URL(origin).hostname;
	if (isIP(id.replace(/^\[|\]$/g, "")))
		throw new AppError("CONFLICT", "Passkeys belong to a name: open the console by its host name, not by its address.");
	return { id, origin };
}

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
// The library types `clientExtensionResults` as always there, and reads none of it.
const asRegistration = (one: PasskeyRegistration) =>
	({ ...one, clientExtensionResults: {} }) as unknown as RegistrationResponseJSON;
const asAssertion = (one: PasskeyAssertion) =>
	({ ...one, clientExtensionResults: {} }) as unknown as AuthenticationResponseJSON;
// So does it with the names of transports, of which browsers invent new ones.
const plain = (options: object): Record<string, unknown> => ({ ...options });

export const columns = {
	id: passkeys.id,
	name: passkeys.name,
	isBackedUp: passkeys.isBackedUp,
	createdAt: passkeys.createdAt,
	lastUsedAt: passkeys.lastUsedAt,
};

const keysOf = (ctx: ServiceContext, userId: string) =>
	ctx.db.orm
		.select({ id: passkeys.credentialId, transports: passkeys.transports })
		.from(passkeys)
		.where(eq(passkeys.userId, userId))
		.orderBy(asc(passkeys.createdAt));

/** What the browser needs to make a passkey. Its challenge belongs to this session. */
export async function startPasskey(ctx: ServiceContext): Promise<Record<string, unknown>> {
	const { userId, name, sessionId } = requireUser(ctx);
	const { id: rpID } = relyingParty(ctx);
	const known = await keysOf(ctx, userId);
	if (known.length >= mostPasskeys)
		throw new AppError("CONFLICT", `You have ${mostPasskeys} passkeys: remove one that you no longer use.`);
	const [user] = await ctx.db.orm.select({ email: users.email }).from(users).where(eq(users.id, userId));
	const options = await generateRegistrationOptions({
		rpName: "Quarterdeck",
		rpID,
		userID: bytesOf(userId),
		userName: user?.email ?? name,
		userDisplayName: name,
		excludeCredentials: known,
		attestationType: "none",
		authenticatorSelection: { residentKey: "required", userVerification: "required" },
	});
	await openIntent(ctx.db.orm, sessionId, "register", options.challenge);
	return plain(options);
}

/** Keeps the passkey that the browser made. Answers with recovery codes where there were none. */
export async function addPasskey(ctx: ServiceContext, input: AddPasskey): Promise<{ recoveryCodes: string[] | null }> {
	const { userId, sessionId } = requireUser(ctx);
	const { id: rpId, origin } = relyingParty(ctx);
	const challenge = await takeIntent(ctx.db.orm, sessionId, "register");
	if (!challenge) throw new AppError("CONFLICT", "This took too long, or was begun in another tab. Begin anew.");
	const verified = await verifyRegistrationResponse({
		response: asRegistration(input.registration),
		expectedChallenge: challenge,
		expectedOrigin: origin,
		expectedRPID: rpId,
		requireUserVerification: true,
	}).catch((cause: unknown) => {
		throw new AppError("INVALID_INPUT", "The browser's answer does not fit this request. Begin anew.", { cause });
	});
	if (!verified.verified) throw new AppError("INVALID_INPUT", "The browser's answer is not valid. Begin anew.");
	const { credential, credentialBackedUp } = verified.registrationInfo;
	try {
		return await ctx.db.transaction(async (tx) => {
			const [made] = await tx
				.insert(passkeys)
				.values({
					userId,
					name: input.name,
					credentialId: credential.id,
					publicKey: Buffer.from(credential.publicKey).toString("base64url"),
					counter: credential.counter,
					transports: [...(input.registration.response.transports ?? [])],
					isBackedUp: credentialBackedUp,
				})
				.returning({ id: passkeys.id });
			const codes = await makeFirstRecoveryCodes(tx, userId);
			await audit(ctx, tx, {
				action: "factor.add",
				resource: "user",
				resourceId: userId,
				detail: { factor: "passkey", passkeyId: made?.id, name: input.name },
			});
			await noticeOfFactor(ctx, tx, userId, `The passkey "${input.name}" was added to your account.`);
			return { recoveryCodes: codes };
		});
	} catch (error) {
		if (databaseCode(error) === "23505") throw new AppError("CONFLICT", "This passkey is known already.");
		throw error;
	}
}

export async function renamePasskey(ctx: ServiceContext, input: { passkeyId: string; name: string }): Promise<Passkey> {
	const { userId } = requireUser(ctx);
	return ctx.db.transaction(async (tx) => {
		const theirs = and(eq(passkeys.id, input.passkeyId), eq(passkeys.userId, userId));
		const [before] = await tx.select({ name: passkeys.name }).from(passkeys).where(theirs).for("update");
		const [row] = await tx.update(passkeys).set({ name: input.name }).where(theirs).returning(columns);
		if (!row || !before) throw notFound("This passkey");
		await audit(ctx, tx, {
			action: "factor.rename",
			resource: "user",
			resourceId: userId,
			detail: { passkeyId: row.id },
			before,
			after: { name: row.name },
		});
		return row;
	});
}

/** What the browser needs to use a passkey: one of the person's, or any that it has for us where nobody is named yet. */
export async function askForPasskey(
	ctx: ServiceContext,
	userId: string | null,
): Promise<{ options: Record<string, unknown>; challenge: string }> {
	const { id: rpID } = relyingParty(ctx);
	const options = await generateAuthenticationOptions({
		rpID,
		userVerification: "required",
		...(userId ? { allowCredentials: await keysOf(ctx, userId) } : {}),
	});
	return { options: plain(options), challenge: options.challenge };
}

/** Who signed the challenge with a passkey that we know; null where it doesn't fit. `userId` names whose it has to be. */
export async function verifyPasskey(
	ctx: ServiceContext,
	proof: { assertion: PasskeyAssertion; challenge: string; userId: string | null },
): Promise<string | null> {
	const { assertion, challenge } = proof;
	const { id: rpId, origin } = relyingParty(ctx);
	const [known] = await ctx.db.orm.select().from(passkeys).where(eq(passkeys.credentialId, assertion.id));
	if (!known || (proof.userId !== null && known.userId !== proof.userId)) return null;
	const { userHandle } = assertion.response;
	if (userHandle && Buffer.from(userHandle, "base64url").toString() !== known.userId) return null;
	const answer = await verifyAuthenticationResponse({
		response: asAssertion(assertion),
		expectedChallenge: challenge,
		expectedOrigin: origin,
		expectedRPID: rpId,
		requireUserVerification: true,
		// Whether it went back is decided below, where two at once can't both win.
		credential: { id: known.credentialId, publicKey: keyBytes(known.publicKey), counter: 0 },
	}).catch(() => null);
	if (!answer?.verified) return null;
	const { newCounter } = answer.authenticationInfo;
	const [used] = await ctx.db.orm
		.update(passkeys)
		.set({ counter: newCounter, lastUsedAt: sql`now()` })
		.where(
			and(
				eq(passkeys.id, known.id),
				or(lt(passkeys.counter, newCounter), and(eq(passkeys.counter, 0), sql`${newCounter} = 0`)),
			),
		)
		.returning({ id: passkeys.id });
	if (used) return known.userId;
	await ctx.db.transaction(async (tx) => {
		await audit(ctx, tx, {
			action: "passkey.use",
			resource: "user",
			resourceId: known.userId,
			outcome: "denied",
			reason: "The counter went back: this passkey may have been copied",
			detail: { passkeyId: known.id },
		});
		const what = `The passkey "${known.name}" was refused, as a copy of it may exist. Remove it if you are not sure of it.`;
		await noticeOfFactor(ctx, tx, known.userId, what);
	});
	return null;
}

const keyBytes = (publicKey: string) => new Uint8Array(Buffer.from(publicKey, "base64url"));
