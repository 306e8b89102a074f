import { z } from "zod";
import { env } from "@/server/core/env";
import { AppError } from "@/server/core/errors";
import { isKnownPassword } from "./known";

/** Characters that a password needs: fewer where a second factor stands behind it. */
export const leastCharacters = { alone: 15, withFactor: 8 } as const;
const mostBytes = 1_024;

export type Holder = {
	name: string;
	email: string;
	/** Whether a second factor is asked for at sign-in. */
	hasFactor: boolean;
};

const fold = (text: string): string => text.normalize("NFKC").toLowerCase();
const wordsIn = (text: string): string[] => fold(text).split(/[^\p{L}\p{N}]+/u);

/** Why nobody should have this password, in a sentence for who chose it; null where it is good. */
export function whyRefused(password: string, holder: Holder): string | null {
	const least = holder.hasFactor ? leastCharacters.withFactor : leastCharacters.alone;
	const length = [...password].length;
	if (length < least) return `Use at least ${least} characters: a sentence is easy to remember.`;
	if (Buffer.byteLength(password) > mostBytes) return "This is too long: at most 1,024 bytes.";
	const folded = fold(password);
	if (isKnown(folded)) return "This is among the passwords that are tried first. Choose one that nobody else has.";
	if (isRegular(folded))
		return "This repeats itself or counts on. Choose one that can't be guessed from its beginning.";
	const left = contextOf(holder).reduce((text, word) => text.replaceAll(word, " "), folded);
	if (left !== folded && [...left.replaceAll(/[^\p{L}\p{N}]+/gu, "")].length < leastCharacters.withFactor)
		return "This is little more than your name, your e-mail address or the name of this place. Add words of your own.";
	return null;
}

/** Throws what is wrong with it, as a mistake in that field of the form. */
export function expectGoodPassword(field: string, password: string, holder: Holder): void {
	const message = whyRefused(password, holder);
	if (!message) return;
	const cause = new z.ZodError([{ code: "custom", path: [field], message, input: undefined }]);
	throw new AppError("INVALID_INPUT", message, { cause });
}

const lookalikes: Record<string, string> = {
	"0": "o",
	"1": "i",
	"3": "e",
	"4": "a",
	"5": "s",
	"7": "t",
	"@": "a",
	$: "s",
	"!": "i",
};
const plain = (folded: string): string => folded.replaceAll(/[013457@$!]/g, (sign) => lookalikes[sign] ?? sign);

/** Known as it is, with signs for letters, with figures around it, or put together from two that are known. */
function isKnown(folded: string): boolean {
	const core = folded.replaceAll(/^[^\p{L}]+|[^\p{L}]+$/gu, "");
	if ([folded, plain(folded), core, plain(core)].some(isKnownPassword)) return true;
	for (let at = 6; at <= folded.length - 6; at++)
		if (isKnownPassword(folded.slice(0, at)) && isKnownPassword(folded.slice(at))) return true;
	return false;
}

const rows = [
	"1234567890",
	"qwertyuiop",
	"asdfghjkl",
	"zxcvbnm",
	"qwertzuiop",
	"azertyuiop",
	"abcdefghijklmnopqrstuvwxyz",
];
const walks = rows.flatMap((row) => [row.repeat(2), [...row.repeat(2)].toReversed().join("")]);

/** Few characters again and again, or a walk along the alphabet or the keyboard. */
function isRegular(folded: string): boolean {
	const signs = [...folded];
	if (new Set(signs).size < Math.min(5, signs.length / 2.5)) return true;
	const repeats = (unit: number) => signs.every((sign, at) => at < unit || sign === signs[at - unit]);
	if ([1, 2, 3, 4, 5, 6, 7].some((unit) => 2 * unit <= signs.length && repeats(unit))) return true;
	const pairs = signs.slice(1).map((sign, at) => `${signs[at]}${sign}`);
	const walked = pairs.filter((pair) => walks.some((walk) => walk.includes(pair))).length;
	return walked >= 0.8 * pairs.length;
}

/** What somebody who knows whose password it is tries first; longest first, so that no part is left of it. */
function contextOf({ name, email }: Holder): string[] {
	const { QD_URL } = env();
	const host = QD_URL ? new URL(QD_URL).hostname : "";
	const words = [
		...wordsIn(name),
		...wordsIn(email),
		fold(email),
		...wordsIn(host),
		"quarterdeck",
		"password",
		"passphrase",
	];
	return [...new Set(words)].filter((word) => word.length >= 3).toSorted((a, b) => b.length - a.length);
}
