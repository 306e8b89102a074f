import { inLine, type Letter, linkMark, ourName } from "@/server/mail/service";

const utc = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short", timeZone: "UTC" });

type Facts = { id: string; email: string; inviter: string; roles: string[]; until: Date };

export const invitationLetter = ({ id, email, inviter, roles, until }: Facts, token: string): Letter => ({
	kind: "invitation",
	to: email,
	subject: `${inLine(inviter)} invites you to Quarterdeck`,
	text: `Hello,

${inLine(inviter)} invites you to Quarterdeck at ${ourName()}.

Choose your name and your password here:

${linkMark}

The link works once, until ${utc.format(until)} (UTC). If you did not expect it, leave it alone: nothing happens then.
`,
	link: { path: `/invite/${token}`, id, until, roles },
});

/** To somebody who has an account: only they hear of it. */
export const alreadyHereLetter = ({ email, inviter }: Pick<Facts, "email" | "inviter">): Letter => ({
	kind: "notice",
	to: email,
	subject: `${inLine(inviter)} invites you to Quarterdeck, where you have an account`,
	text: `Hello,

${inLine(inviter)} invited you to Quarterdeck at ${ourName()}. There is an account with this address already, so there is nothing
to set up: sign in there. If you don't remember your password, choose a new one on the sign-in page.
`,
});
