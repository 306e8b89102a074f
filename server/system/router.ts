import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { Health, Metrics } from "./contract";
import { readHealth, readMetrics } from "./service";

export const systemRouter = router({
	health: procedure("system:read", {
		rest: "GET /health",
		summary: "Tell which parts of this installation work.",
		risk: "read",
		tool: "Tell which parts of this installation work, and what is wrong with the others.",
	})
		.input(Nothing)
		.output(Health)
		.query(({ ctx }) => readHealth(ctx.db)),

	metrics: procedure("system:read", {
		rest: "GET /metrics",
		summary: "Read what was counted: calls, and how often a cache had the answer.",
		description: "The same in Prometheus' text format is at `/api/metrics`.",
		risk: "read",
	})
		.input(Nothing)
		.output(Metrics)
		.query(({ ctx }) => readMetrics(ctx.db)),
});
