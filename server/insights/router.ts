import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Insights, InsightsFile, ReadInsights, ReadOwnInsights } from "./contract";
import { everybodysInsights, exportInsights, ownInsights } from "./service";

export const insightsRouter = router({
	own: procedure("runs:read", {
		rest: "GET /own-insights",
		summary: "Get one's own use of models over time: tokens, cost, latency, failures, answers given again, verdicts.",
		risk: "read",
	})
		.input(ReadOwnInsights)
		.output(Insights)
		.query(({ ctx, input }) => ownInsights(ctx, input)),

	everybody: procedure("insights:read", {
		rest: "GET /insights",
		summary: "Get everybody's use of models over time, broken down by model, agent, person or group.",
		risk: "read",
	})
		.input(ReadInsights)
		.output(Insights)
		.query(({ ctx, input }) => everybodysInsights(ctx, input)),

	export: procedure("insights:read", {
		rest: "GET /insights/export",
		summary: "Export the breakdown of everybody's use as CSV.",
		risk: "read",
	})
		.input(ReadInsights)
		.output(InsightsFile)
		.query(({ ctx, input }) => exportInsights(ctx, input)),
});
