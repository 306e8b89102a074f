import { z } from "zod";
import { LinkToken } from "@/server/invitations/contract";
import { Email, PasswordWithFactor, PersonName } from "@/server/users/contract";

/** Of whatever age: what was good once must still open the door. */
const CurrentPassword = z.string().min(1, "Your password is needed.").max(1_024, "This is too long.");

export const ForgotPassword = z.strictObject({ email: Email });
export type ForgotPassword = z.infer<typeof ForgotPassword>;

export const LookAtLink = z.strictObject({ token: LinkToken });
export type LookAtLink = z.infer<typeof LookAtLink>;

/** Null for a link that does not work any more. */
export const ResetView = z.object({
	reset: z.object({ leastCharacters: z.int(), expiresAt: z.date() }).nullable(),
});
export type ResetView = z.infer<typeof ResetView>;

export const ResetPassword = z.strictObject({ token: LinkToken, password: PasswordWithFactor });
export type ResetPassword = z.infer<typeof ResetPassword>;

/** The password is set and every session has ended. So many keys of programs still work: they are looked at under Account, API keys. */
export const ResetDone = z.object({ liveKeys: z.int().describe("How many API keys still work.") });
export type ResetDone = z.infer<typeof ResetDone>;

export const StartReset = z.strictObject({ userId: z.uuid() });
export type StartReset = z.infer<typeof StartReset>;

export const PasswordView = z.object({
	/** Null where they sign in another way. */
	hasPassword: z.boolean(),
	leastCharacters: z.int(),
	otherSessions: z.int(),
	/** Keys of programs, which a new password does not end. */
	liveKeys: z.int().describe("How many API keys still work."),
});
export type PasswordView = z.infer<typeof PasswordView>;

export const ChangePassword = z.strictObject({
	current: CurrentPassword,
	next: PasswordWithFactor,
	endOtherSessions: z.boolean(),
});
export type ChangePassword = z.infer<typeof ChangePassword>;

export const Rename = z.strictObject({ name: PersonName });
export type Rename = z.infer<typeof Rename>;

export const ChangeEmail = z.strictObject({ email: Email });
export type ChangeEmail = z.infer<typeof ChangeEmail>;

export const EmailChangeView = z.object({ change: z.object({ email: z.string() }).nullable() });
export type EmailChangeView = z.infer<typeof EmailChangeView>;
