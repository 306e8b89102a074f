import { OneRun } from "@/server/runs/contract";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import { FeedbackPage, FeedbackWithAnswer, GiveFeedback, ListFeedback, OneFeedback, OwnFeedback } from "./contract";
import { getFeedback, giveFeedback, listFeedback, withdrawFeedback } from "./service";

export const feedbackRouter = router({
	give: procedure("feedback:write", {
		rest: "PUT /runs/{runId}/feedback",
		summary: "Say of an answer whether it was of use, or say something else than before.",
		risk: "write",
	})
		.input(GiveFeedback)
		.output(OwnFeedback)
		.mutation(({ ctx, input }) => giveFeedback(ctx, input)),

	withdraw: procedure("feedback:write", {
		rest: "DELETE /runs/{runId}/feedback",
		summary: "Take back what one said of an answer.",
		risk: "write",
	})
		.input(OneRun)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await withdrawFeedback(ctx, input);
			return { done: true };
		}),

	list: procedure("feedback:read", {
		rest: "GET /feedback",
		summary: "List what people said of the answers of the agents that the caller manages.",
		risk: "read",
	})
		.input(ListFeedback)
		.output(FeedbackPage)
		.query(({ ctx, input }) => listFeedback(ctx, input)),

	get: procedure("feedback:read", {
		rest: "GET /feedback/{feedbackId}",
		summary: "Get what somebody said of an answer, with the answer.",
		risk: "read",
	})
		.input(OneFeedback)
		.output(FeedbackWithAnswer)
		.query(({ ctx, input }) => getFeedback(ctx, input)),
});
