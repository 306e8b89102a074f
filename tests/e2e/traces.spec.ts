import { expect, test } from "playwright/test";
import { connect } from "../support/client";
import { productDatabase } from "../support/product-database";
import { makeTrace } from "../support/traces";
import { owner, type Standing, signedIn, stand } from "./standing";

let standing: Standing;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	standing = await stand();
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
});
test.afterAll(async () => {
	await standing?.remove();
});

test("a trace of 10,000 spans: three views of one selection, a search, and all of it by keyboard", async ({
	browser,
}) => {
	test.setTimeout(120_000);
	const { url } = standing;
	const { api } = await connect(url, owner);
	const { id: userId } = await api.auth.me.query({});
	const db = await productDatabase(standing.product);
	const traceId = await makeTrace(db, { userId, spans: 10_000 });
	await db.close();

	const page = await signedIn(browser, url, owner);
	await page.goto("/traces");
	await page.getByRole("link", { name: "A route" }).click();
	await expect(page.getByText("10,000 spans", { exact: true })).toBeVisible();
	expect(page.url()).toContain(traceId);
	// By its address, all of it comes too.
	await page.reload();
	await expect(page.getByText("10,000 spans", { exact: true })).toBeVisible();
	const tree = page.getByRole("tree", { name: "Spans", exact: true });
	// Of ten thousand rows only those in sight are there.
	expect(await tree.getByRole("treeitem").count()).toBeLessThan(120);

	await page.getByRole("searchbox", { name: "Find a span" }).fill("model 9841");
	await expect(page.getByText("1 found")).toBeVisible();
	await tree.getByRole("treeitem").filter({ hasText: "model 9841" }).click();
	const panel = page.getByRole("complementary", { name: "Span" });
	await expect(panel.getByText("a-model")).toBeVisible();
	await expect(panel.getByText("100 in, 20 tokens out")).toBeVisible();

	await page.getByRole("searchbox", { name: "Find a span" }).fill("");
	await expect(page.getByText("1 found")).toBeHidden();
	await page.getByRole("button", { name: "Timeline" }).click();
	const timeline = page.getByRole("tree", { name: "Spans by time" });
	await expect(timeline.getByRole("treeitem", { selected: true })).toContainText("model 9841");
	await timeline.press("Home");
	await expect(panel.getByRole("heading", { level: 2 })).toHaveText("A route");
	await timeline.press("ArrowLeft");
	await expect(timeline.getByRole("treeitem")).toHaveCount(1);
	await timeline.press("ArrowRight");
	await timeline.press("ArrowDown");
	await expect(timeline.getByRole("treeitem", { selected: true })).toContainText("model 1");

	await page.getByRole("button", { name: "Graph" }).click();
	const graph = page.getByRole("region", { name: "Graph of the trace" });
	await graph.getByRole("button", { name: /^model .*leads to/ }).click();
	await expect(panel.getByText("A place")).toBeVisible();
	await page.reload();
	await expect(graph.getByRole("button", { pressed: true })).toContainText("model");
});

test("what is kept of traces is set by who may", async ({ browser }) => {
	const page = await signedIn(browser, standing.url, owner);
	await page.goto("/traces/policy");
	await page.getByLabel("Kept for").fill("14");
	await page.getByRole("button", { name: "Save" }).click();
	await expect(page.getByText("Set by Olive Owner")).toBeVisible();
	const { api } = await connect(standing.url, owner);
	expect(await api.traces.policy.query({})).toMatchObject({
		retentionDays: 14,
		samplePercent: 100,
		keepsContent: false,
	});
});
