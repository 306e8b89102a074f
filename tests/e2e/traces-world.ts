import type { Client } from "../support/client";
import { productDatabase } from "../support/product-database";
import { makeTrace } from "../support/traces";
import type { Standing } from "./standing";

/** A trace of some hundred spans, of which a few failed, and the pages that show it. */
export async function fillTraces(standing: Standing, api: Client["api"]): Promise<Record<string, string>> {
	const db = await productDatabase(standing.product);
	try {
		const { id: userId } = await api.auth.me.query({});
		const traceId = await makeTrace(db, { userId, spans: 300 });
		await db.sql`update spans set status = 'failed', error_code = 'timeout' where trace_id = ${traceId} and id like '%7' and kind = 'model'`;
		const model = await api.traces.spans.query({ traceId });
		const failed = model.spans.find(({ status }) => status === "failed")?.id ?? "";
		return {
			traces: "/traces",
			trace: `/traces/${traceId}`,
			traceTimeline: `/traces/${traceId}?view=timeline&span=${failed}`,
			traceGraph: `/traces/${traceId}?view=graph`,
			tracePolicy: "/traces/policy",
		};
	} finally {
		await db.close();
	}
}
