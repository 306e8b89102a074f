import { factorWord, parseFactors } from "@/server/auth/contract";
import type { FactorKind } from "@/server/factors/contract";

/** Where an attempt to sign in led: inside, to the second factor, or nowhere. */
export type Entered = { kind: "in" } | { kind: "factor"; factors: FactorKind[] } | { kind: "problem"; text: string };

const problem = (text: string): Entered => ({ kind: "problem", text });
const away = "The server can't be reached. Check your connection, then try again.";

/** next-auth's answer to one of its sign-in forms. `wrong` is said where it tells no more than that it was not right. */
async function submit(form: string, fields: Record<string, string>, wrong: string): Promise<Entered> {
	const { signIn } = await import("next-auth/react");
	const answer = await signIn(form, { ...fields, redirect: false }).catch(() => undefined);
	if (!answer) return problem(away);
	const { error } = answer;
	if (answer.ok && !error) return { kind: "in" };
	if (error?.startsWith(factorWord)) return { kind: "factor", factors: parseFactors(error.slice(factorWord.length)) };
	// next-auth's own words have no spaces; anything else is a sentence of ours.
	return problem(error?.includes(" ") ? error : wrong);
}

export const enter = (email: string, password: string): Promise<Entered> =>
	submit(
		"credentials",
		{ email, password },
		"This e-mail address and password don't go together. Check both and try again.",
	);

export const enterCode = (code: string): Promise<Entered> =>
	submit("factor", { code }, "This code is not right, or was used before. Wait for the next one and try that.");

/** Asks the browser for a passkey of ours: of anybody, or of the person whose password was right. */
export async function enterPasskey(): Promise<Entered> {
	const { askPasskey } = await import("./passkey");
	const answer = await fetch("/api/auth/passkey", {
		method: "POST",
		headers: { "content-type": "application/json", "x-qd-csrf": "1" },
		body: "{}",
	}).catch(() => null);
	if (!answer) return problem(away);
	const body: unknown = await answer.json().catch(() => null);
	if (!answer.ok) return problem(messageOf(body));
	const asked = await askPasskey(body);
	if (!asked.passkey) return problem(asked.problem);
	return submit(
		"factor",
		{ passkey: JSON.stringify(asked.passkey) },
		"This passkey was not accepted. Try again, or sign in another way.",
	);
}

const messageOf = (body: unknown): string =>
	typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
		? body.message
		: "Passkeys don't work just now. Sign in another way.";

/** Leaves for the provider; comes back to `next`. */
export async function enterByProvider(next: string): Promise<void> {
	const { signIn } = await import("next-auth/react");
	await signIn("oidc", { callbackUrl: next });
}
