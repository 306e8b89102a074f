import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { AcceptPlan, OneResearch, Research, Steer, SteerRun } from "./contract";
import { acceptPlan, getResearch, steerRun } from "./service";

export const researchRouter = router({
	get: procedure("runs:read", {
		rest: "GET /runs/{runId}/research",
		summary: "Get a research run's plan, and what was added to it while it went on.",
		risk: "read",
	})
		.input(OneResearch)
		.output(Research)
		.query(({ ctx, input }) => getResearch(ctx, input)),

	acceptPlan: procedure("runs:write", {
		rest: "POST /runs/{runId}/plan",
		summary: "Let a research run go on with its plan, as it was proposed or changed.",
		risk: "write",
	})
		.input(AcceptPlan)
		.output(Research)
		.mutation(({ ctx, input }) => acceptPlan(ctx, input)),

	steer: procedure("runs:write", {
		rest: "POST /runs/{runId}/steers",
		summary: "Add an instruction to a research run that is under way; its next step uses it.",
		risk: "write",
	})
		.input(SteerRun)
		.output(Steer)
		.mutation(({ ctx, input }) => steerRun(ctx, input)),
});
