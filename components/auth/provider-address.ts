/** Where the provider asks who one is; next-auth's own client would take this window there. */
export async function providerAddress(callbackUrl: string, invitation?: string): Promise<string> {
	const { getCsrfToken } = await import("next-auth/react");
	const csrfToken = (await getCsrfToken()) ?? "";
	const answer = await fetch("/api/auth/signin/oidc", {
		method: "POST",
		headers: {
			"content-type": "application/x-www-form-urlencoded",
			...(invitation ? { "x-qd-invitation": invitation } : {}),
		},
		body: new URLSearchParams({ csrfToken, callbackUrl, json: "true" }),
	});
	const { url } = (await answer.json()) as { url: string };
	return url;
}
