import { type Letter, ourName } from "@/server/mail/service";

/** The password was right, but many wrong ones came before it, from places that the account does not know. */
export const suspiciousSignInLetter = (
	{ id, email }: { id: string; email: string },
	address: string | null,
): Letter => ({
	kind: "notice",
	to: email,
	userId: id,
	subject: "A sign-in to your Quarterdeck account after many tries",
	text: `Hello,

somebody gave the right password for your account at ${ourName()} from ${address ?? "an unknown address"}, where you have not signed in before, after
several wrong ones. If that was you, all is well. If not, choose a new password on the sign-in page at once and tell an administrator.
`,
});
