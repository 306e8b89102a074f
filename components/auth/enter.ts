/** Opens a session. Resolves to what to tell where it failed, or null. */
export async function enter(email: string, password: string): Promise<string | null> {
	const { signIn } = await import("next-auth/react");
	const answer = await signIn("credentials", { email, password, redirect: false }).catch(() => undefined);
	if (!answer) return "The server can't be reached. Check your connection, then try again.";
	if (answer.ok && !answer.error) return null;
	// next-auth's word for a wrong password; anything else is a sentence of ours.
	if (answer.error === "CredentialsSignin" || !answer.error?.includes(" "))
		return "This e-mail address and password don't go together. Check both and try again.";
	return answer.error;
}
