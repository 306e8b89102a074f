import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	FollowTrial,
	KeepBench,
	KeptBench,
	RunToTry,
	StartedTrial,
	StartTrial,
	TrialEvent,
	TriedRun,
} from "./contract";
import { followTrial, getBench, getTriedRun, keepBench, startTrial } from "./service";

export const playgroundRouter = router({
	get: procedure("prompts:write", {
		rest: "GET /playground",
		summary: "Get what stands in one's playground.",
		risk: "read",
	})
		.input(Nothing)
		.output(KeptBench)
		.query(({ ctx }) => getBench(ctx)),

	keep: procedure("prompts:write", {
		rest: "PUT /playground",
		summary: "Keep what stands in one's playground.",
		risk: "write",
	})
		.input(KeepBench)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await keepBench(ctx, input);
			return { done: true };
		}),

	start: procedure("prompts:write", {
		rest: "POST /playground/trials",
		summary: "Try a text with a model: its answer comes to whoever follows it.",
		accepted: "/playground/trials/{trialId}/events",
		risk: "write",
		limit: "heavy",
	})
		.input(StartTrial)
		.output(StartedTrial)
		.mutation(({ ctx, input }) => startTrial(ctx, input)),

	follow: procedure("prompts:write", {
		rest: "GET /playground/trials/{trialId}/events",
		summary: "Follow the answer of a trial. Whoever leaves stops it.",
		risk: "read",
		limit: "stream",
	})
		.input(FollowTrial)
		.output(TrialEvent)
		.subscription(({ ctx, input }) => followTrial(ctx, input)),

	fromRun: procedure("prompts:write", {
		rest: "GET /runs/{runId}/trial",
		summary: "Get what a run of one's own was asked with, to try it with another text.",
		risk: "read",
	})
		.input(RunToTry)
		.output(TriedRun)
		.query(({ ctx, input }) => getTriedRun(ctx, input)),
});
