import { inLine, type Letter, ourName } from "@/server/mail/service";

/** A refresh token was used twice: it is in two hands. */
export const reuseLetter = (
	person: { userId: string; name: string; email: string },
	{ address, userAgent }: { address: string | null; userAgent: string | null },
): Letter => ({
	kind: "notice",
	to: person.email,
	userId: person.userId,
	subject: "A program of yours was signed out of Quarterdeck",
	text: `Hello ${inLine(person.name)},

a refresh token of a program that signed in for you at ${ourName()} was used a second time, from ${address ?? "an unknown address"} (${inLine(userAgent ?? "unknown program").slice(0, 80)}).
That happens when a token was copied. The program's session and all its tokens have ended; sign it in again. If you don't know the
address, choose a new password, look through Account, Sessions, and tell an administrator.
`,
});
