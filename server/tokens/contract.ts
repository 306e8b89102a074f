import { z } from "zod";

/** What a program posts to get tokens. */
export const TokenRequest = z.discriminatedUnion("grant_type", [
	z.strictObject({
		grant_type: z.literal("password").describe("By which means: a password."),
		email: z.string().min(1).max(254),
		password: z.string().min(1).max(1024).describe("The account's password."),
		otp: z.string().min(1).max(64).optional().describe("The code of the second factor, where the account has one."),
	}),
	z.strictObject({
		grant_type: z.literal("refresh_token").describe("By which means: a refresh token."),
		refresh_token: z.string().min(1).max(256).describe("The newest one of the session. It is used up by this."),
	}),
]);
export type TokenRequest = z.infer<typeof TokenRequest>;

export const RevokeRequest = z.strictObject({
	token: z.string().min(1).max(4096).describe("An access token or a refresh token of the session."),
});
export type RevokeRequest = z.infer<typeof RevokeRequest>;

export const Tokens = z.object({
	access_token: z.string().describe("What calls are made with, in the header `Authorization: Bearer …`."),
	token_type: z.literal("Bearer").describe("How it is sent."),
	expires_in: z.int().describe("Seconds until the access token ends."),
	refresh_token: z.string().describe("What the next pair is got with, once."),
});
export type Tokens = z.infer<typeof Tokens>;

export const RotateSigningKey = z.strictObject({
	/** Where a key may have become known: what older keys signed is believed no longer. */
	atOnce: z.boolean().default(false),
});
export type RotateSigningKey = z.infer<typeof RotateSigningKey>;
export const SigningKeyId = z.object({ kid: z.string() });
