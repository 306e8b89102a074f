import { afterAll, expect } from "vitest";
import { accounts, canaries, logs, product } from "./ask";

// After every file of attacks: nothing that was tried wrote a secret down, or was told to nobody.
afterAll(() => {
	const said = logs();
	for (const canary of [...canaries, product.setupCode, ...Object.values(accounts).map(({ cookie }) => cookie)])
		expect(said.includes(canary), "a secret in the log").toBe(false);
	expect(said).not.toMatch(/"level":(60|"fatal")|Unhandled|uncaught/i);
});
