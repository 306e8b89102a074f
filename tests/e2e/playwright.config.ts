import { defineConfig } from "playwright/test";
import { chromium } from "../../scripts/tools.mjs";

/**
 * In a real Chromium from the PATH, against the built product, which each spec starts for itself: one test at a time, and
 * then the looks at all pages, which take longest, two at a time.
 */
export default defineConfig({
	testDir: ".",
	outputDir: "../../test-results/e2e",
	workers: 2,
	projects: [
		{ name: "flows", testIgnore: "look-*.spec.ts", workers: 1 },
		{ name: "look", testMatch: "look-*.spec.ts", dependencies: ["flows"] },
	],
	forbidOnly: true,
	timeout: 90_000,
	expect: { timeout: 15_000 },
	reporter: [["line"]],
	use: {
		actionTimeout: 15_000,
		navigationTimeout: 30_000,
		// What each action left behind is written down on request only (--trace): all of it takes its time.
		screenshot: "only-on-failure",
		launchOptions: {
			executablePath: chromium() ?? "chromium",
			// As Debian's Chromium wants it, also as root; what it would fetch by itself stays away.
			args: [
				...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
				...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
			],
		},
	},
});
