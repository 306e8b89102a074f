import { OneRun } from "@/server/runs/contract";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	CheckpointList,
	CheckpointState,
	ComparedRuns,
	CompareRuns,
	ForkedRun,
	ForkRun,
	OneCheckpoint,
} from "./contract";
import { compareRuns, forkRun, getCheckpoint, readCheckpoints } from "./service";

export const checkpointsRouter = router({
	ofRun: procedure("runs:fork", {
		rest: "GET /runs/{runId}/checkpoints",
		summary: "Get the checkpoints of a run of the caller's own.",
		risk: "read",
	})
		.input(OneRun)
		.output(CheckpointList)
		.query(({ ctx, input }) => readCheckpoints(ctx, input)),

	get: procedure("runs:fork", {
		rest: "GET /runs/{runId}/checkpoints/{checkpointId}",
		summary: "Get a checkpoint of a run with its state.",
		risk: "read",
	})
		.input(OneCheckpoint)
		.output(CheckpointState)
		.query(({ ctx, input }) => getCheckpoint(ctx, input)),

	fork: procedure("runs:fork", {
		rest: "POST /runs/{runId}/checkpoints/{checkpointId}/fork",
		summary:
			"Go on from a checkpoint with another question or other passages: a new run, in a new branch of the thread.",
		accepted: "/runs/{runId}",
		risk: "write",
		limit: "heavy",
	})
		.input(ForkRun)
		.output(ForkedRun)
		.mutation(({ ctx, input }) => forkRun(ctx, input)),

	compare: procedure("runs:read", {
		rest: "GET /runs/{runId}/compare/{otherRunId}",
		summary: "Hold two runs of the caller's own against each other: answers, passages, steps, tokens, cost.",
		risk: "read",
	})
		.input(CompareRuns)
		.output(ComparedRuns)
		.query(({ ctx, input }) => compareRuns(ctx, input)),
});
