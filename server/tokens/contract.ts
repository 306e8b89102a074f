import { z } from "zod";

/** What a program posts to get tokens. */
export const TokenRequest = z.discriminatedUnion("grant_type", [
	z.strictObject({
		grant_type: z.literal("password"),
		email: z.string().min(1).max(254),
		password: z.string().min(1).max(1024),
		/** The code of the second factor, where the account has one. */
		otp: z.string().min(1).max(64).optional(),
	}),
	z.strictObject({ grant_type: z.literal("refresh_token"), refresh_token: z.string().min(1).max(256) }),
]);
export type TokenRequest = z.infer<typeof TokenRequest>;

export const RevokeRequest = z.strictObject({ token: z.string().min(1).max(4096) });
export type RevokeRequest = z.infer<typeof RevokeRequest>;

export type Tokens = {
	access_token: string;
	token_type: "Bearer";
	/** Seconds until the access token ends. */
	expires_in: number;
	refresh_token: string;
};

export const RotateSigningKey = z.strictObject({
	/** Where a key may have become known: what older keys signed is believed no longer. */
	atOnce: z.boolean().default(false),
});
export type RotateSigningKey = z.infer<typeof RotateSigningKey>;
export const SigningKeyId = z.object({ kid: z.string() });
