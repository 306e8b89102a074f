import { z } from "zod";
import { roles } from "@/server/core/permissions";

/** What proves who somebody is, beside a password. */
export const factorKinds = ["totp", "passkey", "recovery"] as const;
export type FactorKind = (typeof factorKinds)[number];

/** Six digits of an app, or a recovery code, as people type them. */
export const Code = z
	.string()
	.trim()
	.min(6, "A code has 6 digits; a recovery code has 12 letters and digits.")
	.max(40, "This is too long to be a code.");
const PasskeyName = z.string().trim().min(1, "Give it a name that you will know it by.").max(60);
const base64url = (max: number) => z.string().max(max);

/** A browser's answer to `startRegistration`; what the library does not read is left out. */
export const PasskeyRegistration = z.object({
	id: base64url(1500),
	rawId: base64url(1500),
	type: z.literal("public-key"),
	response: z.object({
		clientDataJSON: base64url(8000),
		attestationObject: base64url(20_000),
		transports: z.array(z.string().max(30)).max(10).optional(),
	}),
	clientExtensionResults: z.object({}).optional(),
	authenticatorAttachment: z.enum(["platform", "cross-platform"]).nullish(),
});
export type PasskeyRegistration = z.infer<typeof PasskeyRegistration>;

/** A browser's answer to `startAuthentication`. */
export const PasskeyAssertion = z.object({
	id: base64url(1500),
	rawId: base64url(1500),
	type: z.literal("public-key"),
	response: z.object({
		clientDataJSON: base64url(8000),
		authenticatorData: base64url(8000),
		signature: base64url(4000),
		userHandle: base64url(200).nullish(),
	}),
	clientExtensionResults: z.object({}).optional(),
	authenticatorAttachment: z.enum(["platform", "cross-platform"]).nullish(),
});
export type PasskeyAssertion = z.infer<typeof PasskeyAssertion>;

export const Passkey = z.object({
	id: z.uuid(),
	name: z.string(),
	isBackedUp: z.boolean(),
	createdAt: z.date(),
	lastUsedAt: z.date().nullable(),
});
export type Passkey = z.infer<typeof Passkey>;

export const Identity = z.object({
	issuer: z.string(),
	subject: z.string(),
	email: z.string().nullable(),
	createdAt: z.date(),
	lastUsedAt: z.date().nullable(),
});

export const MyFactors = z.object({
	/** One of the person's roles asks for a second factor. */
	isRequired: z.boolean(),
	hasPassword: z.boolean(),
	/** Since when there is an app for codes. */
	totpSince: z.date().nullable(),
	passkeys: z.array(Passkey),
	recoveryCodesLeft: z.int(),
	/** What the OpenID Connect provider is called; null where none is configured. */
	provider: z.string().nullable(),
	identities: z.array(Identity),
});
export type MyFactors = z.infer<typeof MyFactors>;

export const Nothing = z.strictObject({});
export const Done = z.object({ done: z.literal(true) });

export const TotpOffer = z.object({
	/** For typing, in base32. */
	secret: z.string(),
	uri: z.string(),
	/** The same as a picture: an SVG. */
	picture: z.string(),
});
export type TotpOffer = z.infer<typeof TotpOffer>;

/** Shown this once; null where there were codes already. */
export const Enrolled = z.object({ recoveryCodes: z.array(z.string()).nullable() });
export const RecoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export const ConfirmTotp = z.strictObject({ code: Code });

/** Options for the browser, as the WebAuthn library makes them. */
export const PasskeyOptions = z.record(z.string(), z.unknown());
export const AddPasskey = z.strictObject({ name: PasskeyName, registration: PasskeyRegistration });
export type AddPasskey = z.infer<typeof AddPasskey>;
export const RenamePasskey = z.strictObject({ passkeyId: z.uuid(), name: PasskeyName });
export const OnePasskey = z.strictObject({ passkeyId: z.uuid() });

/** What a person can prove themselves with in this session. */
export const Proofs = z.object({
	isFresh: z.boolean(),
	password: z.boolean(),
	totp: z.boolean(),
	passkey: z.boolean(),
	provider: z.string().nullable(),
});
export type Proofs = z.infer<typeof Proofs>;

export const Prove = z
	.strictObject({
		password: z.string().min(1, "Enter your password.").max(1024).optional(),
		code: Code.optional(),
		passkey: PasskeyAssertion.optional(),
	})
	.refine((one) => Object.values(one).filter((value) => value !== undefined).length === 1, {
		error: "Send one proof: a password, a code or a passkey.",
	});
export type Prove = z.infer<typeof Prove>;

const RoleKey = z.union([z.enum(roles), z.uuid()], { error: "There is no such role." });
export const RolePolicy = z.object({
	role: RoleKey,
	name: z.string(),
	isRequired: z.boolean(),
	people: z.int(),
	/** Of them, who have no second factor yet. */
	without: z.int(),
});
export type RolePolicy = z.infer<typeof RolePolicy>;
export const RolePolicies = z.object({ rows: z.array(RolePolicy) });
export const SetRolePolicy = z.strictObject({
	role: RoleKey,
	isRequired: z.boolean(),
});
export type SetRolePolicy = z.infer<typeof SetRolePolicy>;
export const OnePerson = z.strictObject({ userId: z.uuid() });
export const OneIdentity = z.strictObject({ issuer: z.string().max(500), subject: z.string().max(500) });
