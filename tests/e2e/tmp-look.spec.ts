import { mkdirSync } from "node:fs";
import { join } from "node:path";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "playwright/test";
import { connect } from "../support/client";
import { owner, signedIn, stand } from "./standing";
import { fillExtraction } from "./world";

const shots = join(import.meta.dirname, "..", "..", "test-results", "look");
test("look", async ({ browser }) => {
	test.setTimeout(400_000);
	const standing = await stand();
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(standing.url, owner);
	const paths = await fillExtraction(standing, api);
	mkdirSync(shots, { recursive: true });
	const page = await signedIn(browser, standing.url, owner);
	page.on("pageerror", (error) => console.log("PAGEERROR", page.url(), error.message));
	page.on("console", (m) => m.type() === "error" && console.log("CONSOLE", page.url(), m.text()));
	for (const width of [1440, 360]) {
		await page.setViewportSize({ width, height: 900 });
		for (const [name, path] of Object.entries({
			...paths,
			newAgent: "/agents?new=1",
			agentPanel: `/agents?open=${paths.extractor?.split("/").at(-1)}`,
		})) {
			await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
			await page.goto(path);
			await page.waitForLoadState("networkidle");
			if (name === "newAgent") await page.getByLabel("Extracts: fields out of").check();
			if (name === "extractor") {
				await page.getByRole("button", { name: "Change" }).click();
				await page.getByRole("group", { name: "What it extracts" }).scrollIntoViewIfNeeded();
			}
			for (const colorScheme of ["light", "dark"] as const) {
				await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
				await page.screenshot({ path: join(shots, `${name}-${colorScheme}-${width}.png`), fullPage: true });
				const over = await page.evaluate(
					() => document.documentElement.scrollWidth - document.documentElement.clientWidth,
				);
				if (over > 0) console.log("SIDEWAYS", name, width, over);
				const { violations } = await new AxeBuilder({ page })
					.withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
					.analyze();
				for (const { id, nodes } of violations)
					console.log("AXE", name, width, colorScheme, id, nodes.map((node) => node.target.join(" ")).join(" | "));
			}
		}
	}
	await standing.remove();
	expect(1).toBe(1);
});
