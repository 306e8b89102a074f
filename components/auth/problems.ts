import { SignInProblem } from "@/server/auth/contract";

const sentences = {
	stranger: "No account here is linked to you. Ask an administrator to invite you.",
	unverified: "Your provider has not verified your e-mail address. Have it verified there, then try again.",
	taken:
		"There is an account with your e-mail address already. Sign in to it another way, then link it under Account, Security.",
	disabled: "Your account is disabled. Ask an administrator.",
	"linked-elsewhere": "This identity is linked to another account here.",
	"other-person": "You signed in at the provider as somebody else. Take the account that this one is linked to.",
	stale: "The provider did not ask again who you are. Sign out there, then try again.",
	unreachable: "The provider can't be reached just now. Try again in a moment.",
	refused: "The provider's answer was not valid. Begin anew from here.",
	"invitation-gone": "This invitation doesn't work any more. Ask whoever invited you for a new one.",
	late: "This sign-in took too long. Begin anew.",
} as const satisfies Record<SignInProblem, string>;

/** next-auth's words for what failed on the way to the provider and back. */
const foreign: Record<string, SignInProblem> = {
	OAuthSignin: "unreachable",
	OAuthCallback: "refused",
	Callback: "refused",
	AccessDenied: "refused",
};

/** The sentence for what the address says; nothing that stands in an address is ever shown itself. */
export function describeProblem(problem: unknown, error: unknown): string | null {
	const own = SignInProblem.safeParse(problem);
	if (own.success) return sentences[own.data];
	if (typeof error !== "string") return null;
	return sentences[foreign[error] ?? "refused"];
}
