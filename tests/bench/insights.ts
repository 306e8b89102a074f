import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { breakdowns, spanNames } from "@/server/insights/contract";
import { connect } from "@/tests/support/client";
import { type Product, startProduct } from "@/tests/support/product";
import { productDatabase } from "@/tests/support/product-database";
import { report, setupCodeOf } from "./stream-material";

// `npm run bench -- insights`: everybody's insights over a million calls of models of the last 90 days, asked for as the page
// asks, by each breakdown; the slowest of a span counts, and none was asked before.

const calls = 1_000_000;
const baselines = { "24h": 300, "7d": 500, "30d": 1_500, "90d": 4_000 } as const;

const data = mkdtempSync(join(tmpdir(), "quarterdeck-bench-"));
let product: Product | undefined;
try {
	product = await startProduct({ data });
	const owner = { email: "owner@example.test", name: "Olga Owner", password: "a long enough sentence" };
	await (await connect(product.url)).api.auth.createOwner.mutate({ code: await setupCodeOf(product), ...owner });
	const { api } = await connect(product.url, owner);
	await fillCalls(product);
	for (const span of spanNames) {
		const took: number[] = [];
		for (const by of breakdowns) {
			const started = performance.now();
			const { total } = await api.insights.everybody.query({ span, by });
			took.push(performance.now() - started);
			if (total.calls.calls === 0) throw new Error("No call was counted.");
		}
		console.error(`${span}: ${breakdowns.map((by, n) => `${by} ${Math.round(took[n] ?? 0)} ms`).join(", ")}`);
		const figure = { bench: "insights", unit: "ms", baseline: baselines[span], n: took.length };
		report({ ...figure, metric: `insights_${span}_ms`, value: Math.max(...took) });
	}
} finally {
	await product?.stop();
	rmSync(data, { recursive: true, force: true });
}

/** Spread evenly over 90 days, of 200 people, 20 agents and 7 models, in two currencies. */
async function fillCalls(of: Product): Promise<void> {
	const db = await productDatabase(of);
	try {
		await db.sql.begin(async (tx) => {
			await tx`set local statement_timeout = 0`;
			await tx`insert into model_calls (id, created_at, run_id, user_id, agent_id, model_key, model, connection, route, hop, outcome,
					input_tokens, output_tokens, cost_micros, currency, first_token_ms, ms)
				select gen_random_uuid(), now() - (${calls} - i) * interval '90 days' / ${calls}, gen_random_uuid(),
					md5('user ' || i % 200)::uuid, md5('agent ' || i % 20)::uuid, 'env:m' || i % 7, 'm' || i % 7, 'A place', 'A route',
					case when i % 11 = 0 then 2 else 1 end, case when i % 31 = 0 then 'failed' else 'answered' end,
					1000 + i % 3000, 100 + i % 500, i % 5000, case when i % 7 = 3 then 'USD' else 'EUR' end,
					200 + (random() * 800)::int, 900 + (random() * 9000)::int
				from generate_series(1, ${calls}) i`;
		});
		await db.sql`vacuum analyze model_calls`;
	} finally {
		await db.close();
	}
}
