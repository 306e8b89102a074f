import { z } from "zod";
import { factorKinds } from "@/server/factors/contract";

/** How the sign-in page hears of what it can't be told in an answer: short words in its address, never sentences. */
export const SignInProblem = z.enum([
	"stranger",
	"unverified",
	"taken",
	"disabled",
	"linked-elsewhere",
	"other-person",
	"stale",
	"unreachable",
	"refused",
	"late",
	"invitation-gone",
]);
export type SignInProblem = z.infer<typeof SignInProblem>;

/** The word for a sign-in that waits for its second factor, and which ones there are: `factor:totp,passkey`. */
export const factorWord = "factor:";
export const parseFactors = (text: string): (typeof factorKinds)[number][] =>
	factorKinds.filter((kind) => text.split(",").includes(kind));

/** Only a path of our own, as a browser will read it: it drops tabs and line ends, and takes \ for /. */
export function ownPath(next: unknown): string {
	if (typeof next !== "string" || !next.startsWith("/") || !URL.canParse(next, "http://own.invalid")) return "/";
	const { origin, pathname, search, hash } = new URL(next, "http://own.invalid");
	return origin === "http://own.invalid" && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}
