import { type Letter, linkMark, ourName } from "@/server/mail/service";

type Person = { userId: string; email: string };
type Link = { id: string; token: string; until: Date };

const notYou = "If that was not you, choose a new password on the sign-in page at once and tell an administrator.";

export const resetLetter = (
	{ userId, email }: Person,
	{ id, token, until }: Link,
	byAdministrator: boolean,
): Letter => ({
	kind: "password-reset",
	to: email,
	userId,
	subject: "A new password for Quarterdeck",
	text: `Hello,

${byAdministrator ? "An administrator wants you to choose" : "Somebody, most likely you, asked for"} a new password for your account at ${ourName()}. Choose it here:

${linkMark}

The link works once, for 30 minutes. Your second factor, where you have one, is asked for as always. If you did not want this,
leave it alone: your password stays as it is.
`,
	link: { path: `/reset/${token}`, id, until },
});

/** Keys outlive a password, as what they run would stop: whoever fears a thief has to be told. */
const keysLeft = (n: number): string =>
	n === 0
		? ""
		: `${n === 1 ? "An API key of yours still works" : `${n} API keys of yours still work`}: look at them under Account, API keys, and revoke what you don't need.\n`;

export const passwordChangedLetter = (
	{ userId, email }: Person,
	{ how, liveKeys }: { how: "changed" | "reset"; liveKeys: number },
): Letter => ({
	kind: "notice",
	to: email,
	userId,
	subject: "Your Quarterdeck password was changed",
	text: `Hello,

the password of your account at ${ourName()} was ${how === "reset" ? "set anew with a link from a mail, and all sessions were signed out" : "changed"}.
${keysLeft(liveKeys)}${notYou}
`,
});

export const confirmAddressLetter = ({ userId }: Person, address: string, { id, token, until }: Link): Letter => ({
	kind: "email-change",
	to: address,
	userId,
	subject: "Confirm your new address for Quarterdeck",
	text: `Hello,

somebody, most likely you, wants to use this address for their account at ${ourName()}. Confirm it here:

${linkMark}

The link works once, for an hour. If you know nothing of this, leave it alone: nothing happens then.
`,
	link: { path: `/email/${token}`, id, until },
});

/** To an address that has an account: only its person hears of that. */
export const addressTakenLetter = (address: string): Letter => ({
	kind: "notice",
	to: address,
	subject: "Your address was given for another Quarterdeck account",
	text: `Hello,

somebody wants to use this address for their account at ${ourName()}. There is an account with it already, so nothing was changed. If
that was you, sign in with this address.
`,
});

export const addressChangeAskedLetter = ({ userId, email }: Person): Letter => ({
	kind: "notice",
	to: email,
	userId,
	subject: "A new address for your Quarterdeck account was asked for",
	text: `Hello,

somebody signed in as you at ${ourName()} wants to use another e-mail address. It changes once it is confirmed from there.
${notYou}
`,
});

export const addressChangedLetter = ({ userId, email }: Person): Letter => ({
	kind: "notice",
	to: email,
	userId,
	subject: "The address of your Quarterdeck account was changed",
	text: `Hello,

your account at ${ourName()} uses another e-mail address from now on; this one gets no more mails.
If that was not you, tell an administrator at once.
`,
});
