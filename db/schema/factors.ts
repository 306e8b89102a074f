import { bigint, boolean, index, integer, pgTable, primaryKey, text, timestamp, uuid } from "drizzle-orm/pg-core";
import { sessions, users } from "./users";

const at = () => timestamp({ withTimezone: true });
const owner = () =>
	uuid()
		.notNull()
		.references(() => users.id, { onDelete: "cascade" });

/** A person's app that shows codes. Not a factor before its first code was told. */
export const totpFactors = pgTable("totp_factors", {
	userId: uuid()
		.primaryKey()
		.references(() => users.id, { onDelete: "cascade" }),
	sealedSecret: text().notNull(),
	confirmedAt: at(),
	/** The time step of the newest code that was used: it and older ones are worth nothing. */
	lastStep: bigint({ mode: "number" }),
	createdAt: at().notNull().defaultNow(),
});

export const recoveryCodes = pgTable(
	"recovery_codes",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: owner(),
		/** HMAC-SHA-256 under a key that is not in the database. */
		codeHash: text().notNull(),
		usedAt: at(),
		createdAt: at().notNull().defaultNow(),
	},
	(t) => [index("recovery_codes_user_idx").on(t.userId)],
);

export const passkeys = pgTable(
	"passkeys",
	{
		id: uuid().primaryKey().defaultRandom(),
		userId: owner(),
		name: text().notNull(),
		credentialId: text().notNull().unique(),
		/** COSE key, base64url. */
		publicKey: text().notNull(),
		/** Goes up with each use where the authenticator counts; one that went back was copied. */
		counter: bigint({ mode: "number" }).notNull(),
		transports: text().array().notNull(),
		/** Kept by the person's account elsewhere too, so that a lost device does not lose it. */
		isBackedUp: boolean().notNull(),
		createdAt: at().notNull().defaultNow(),
		lastUsedAt: at(),
	},
	(t) => [index("passkeys_user_idx").on(t.userId, t.createdAt)],
);

/** Wrong codes of a person in a row, wherever they were typed. */
export const factorGuesses = pgTable("factor_guesses", {
	userId: uuid()
		.primaryKey()
		.references(() => users.id, { onDelete: "cascade" }),
	failures: integer().notNull(),
	lockedUntil: at(),
});

/** Roles whose holders must have a second factor. */
export const factorPolicies = pgTable("factor_policies", {
	/** A built-in role's name or a custom role's id. */
	role: text().primaryKey(),
	createdAt: at().notNull().defaultNow(),
});

/** A sign-in under way in one browser: what was proved so far. It is no session, and opens nothing but its own next step. */
export const signInSteps = pgTable(
	"sign_in_steps",
	{
		/** SHA-256 of the secret in the browser's cookie. */
		id: text().primaryKey(),
		/** Whose password or provider was right; null where a passkey is to tell who it is. */
		userId: uuid().references(() => users.id, { onDelete: "cascade" }),
		provedWith: text().$type<"password" | "provider">(),
		/** What the passkey has to sign; taken away with the first answer. */
		challenge: text(),
		failures: integer().notNull().default(0),
		expiresAt: at().notNull(),
	},
	(t) => [index("sign_in_steps_expires_idx").on(t.expiresAt)],
);

/** What a session is about to do with a passkey or at the provider; taken away when it is done. */
export const sessionIntents = pgTable(
	"session_intents",
	{
		sessionId: uuid()
			.notNull()
			.references(() => sessions.id, { onDelete: "cascade" }),
		purpose: text().$type<"register" | "prove" | "link" | "prove at provider">().notNull(),
		challenge: text(),
		createdAt: at().notNull().defaultNow(),
		expiresAt: at().notNull(),
	},
	(t) => [primaryKey({ columns: [t.sessionId, t.purpose] })],
);

/** Who a person is at an OpenID Connect provider: issuer and subject, never the e-mail address. */
export const identities = pgTable(
	"identities",
	{
		issuer: text().notNull(),
		subject: text().notNull(),
		userId: owner(),
		/** As the provider told it when it was linked; for people to recognise it. */
		email: text(),
		createdAt: at().notNull().defaultNow(),
		lastUsedAt: at(),
	},
	(t) => [primaryKey({ columns: [t.issuer, t.subject] }), index("identities_user_idx").on(t.userId)],
);
