import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Product, startProduct } from "@/tests/support/product";
import { productDatabase } from "@/tests/support/product-database";
import { makeTrace } from "@/tests/support/traces";
import { timeOpenings } from "./openings";
import { fillIn, report, startProviderProcess } from "./stream-material";

// `npm run bench -- trace`: a trace of 10,000 spans opened in Chromium, until its first rows are painted and all of it is there.

const spans = 10_000;

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
const provider = await startProviderProcess();
let product: Product | undefined;
try {
	product = await startProduct({
		data,
		env: { QD_MODEL_URL: provider.url, QD_MODEL_KEY: "stand-in", QD_MODEL: "stand-in" },
	});
	await product.ready;
	const { url } = product;
	const [client] = await fillIn(product, 1);
	if (!client) throw new Error("nobody is there to look");
	const db = await productDatabase(product);
	const { id: userId } = await client.api.auth.me.query({});
	const traceId = await makeTrace(db, { userId, spans });
	await db.close();
	const opening = { url, client, path: `/traces/${traceId}`, what: `a trace of ${spans} spans` };
	const opened = await timeOpenings(opening, watch, `${spans.toLocaleString("en")} spans`);
	if (opened)
		report({ bench: "trace", metric: "trace_10k_open_ms", value: opened.ms, unit: "ms", baseline: 2_000, n: opened.n });
	else console.error("no Chromium: the trace was not opened");
} finally {
	await product?.stop();
	provider.child.kill();
	rmSync(data, { recursive: true, force: true });
}

/** In the page: notes when rows are within the window and the count says that every span is there, at the frame after. */
function watch(whole: string): void {
	const look = () => {
		const { top, bottom } = document.querySelector('[role="treeitem"]')?.getBoundingClientRect() ?? {
			top: 0,
			bottom: 0,
		};
		const count = document.querySelector("h1 + span")?.textContent ?? "";
		if (bottom > top && top < innerHeight && bottom > 0 && count === whole)
			requestAnimationFrame(() => Object.assign(globalThis, { seenAt: performance.now() }));
		else requestAnimationFrame(look);
	};
	requestAnimationFrame(look);
}
