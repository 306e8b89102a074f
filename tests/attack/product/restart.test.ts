import { expect, test } from "vitest";
import { familyOf } from "@/tests/support/product";
import { until } from "@/tests/support/until";
import { accounts, asConsole, ask, product, query } from "./ask";

// T14: what refresh tokens were is known to whatever process comes after.

const tokens = (fields: Record<string, string>) =>
	ask("/api/v1/auth/token", {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify(fields),
	});
type Pair = { access_token: string; refresh_token: string };
const pairOf = ({ status, text }: { status: number; text: string }): Pair => {
	expect(status, text).toBe(200);
	return JSON.parse(text) as Pair;
};
const refreshed = (refresh_token: string) => tokens({ grant_type: "refresh_token", refresh_token });

test("a token that was used before the web process was killed is refused after it, and ends its family", async () => {
	const { email, password } = accounts.staff;
	const first = pairOf(await tokens({ grant_type: "password", email, password }));
	const second = pairOf(await refreshed(first.refresh_token));
	const third = pairOf(await refreshed(second.refresh_token));
	const before = familyOf(product.pid).web ?? 0;
	process.kill(before, "SIGKILL");
	const isBack = async () =>
		familyOf(product.pid).web !== before && (await fetch(`${product.url}/readyz`).catch(() => null))?.ok;
	await until(isBack, 50_000);

	const api = { authorization: `Bearer ${third.access_token}` };
	expect((await query("auth.me", {}, api)).status).toBe(200);
	expect((await refreshed(first.refresh_token)).status).toBe(400);
	for (const { refresh_token } of [second, third]) expect((await refreshed(refresh_token)).status).toBe(400);
	await until(async () => (await query("auth.me", {}, api)).status === 401, 6_000);
	const { text } = await query("audit.list", { filter: { action: { eq: "token.reuse" } } }, asConsole("owner"));
	expect(text).toContain("token.reuse");
});
