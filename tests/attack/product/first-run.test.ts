import { expect, test } from "vitest";
import { asConsole, call, product, query, url } from "./ask";

// T22: fifty tried to become the owner at the same time, when the product was started.

const stranger = { origin: url, "x-qd-csrf": "1", "content-type": "application/json" };
const input = { name: "Late", email: "late@example.test", password: "a password that comes too late" };

test("exactly one of fifty became the owner", async () => {
	expect(product.setups.filter((status) => status === 200)).toHaveLength(1);
	for (const status of product.setups) expect([200, 403, 429]).toContain(status);
	const { text } = await query("users.list", { limit: 200 }, asConsole("owner"));
	expect(text.match(/"role":"owner"/g)).toHaveLength(1);
});

test("the setup stays closed, also for who has the code", async () => {
	for (const code of [product.setupCode, "", "AAAA-AAAA-AAAA"]) {
		const { status } = await call("auth.createOwner", { ...input, code }, stranger);
		expect([400, 403, 429]).toContain(status);
	}
	const { text } = await query("auth.status", {}, {});
	expect(text).toContain('"needsOwner":false');
});
