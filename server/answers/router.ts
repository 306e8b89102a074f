import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { AnswerFigures, ClearedAnswers, OneAgentsAnswers } from "./contract";
import { answerFigures, clearAnswers } from "./service";

export const answersRouter = router({
	figures: procedure("agents:write", {
		rest: "GET /agents/{agentId}/cached-answers",
		summary: "See how many answers of an agent are kept, how often they were given again, and what that saved.",
		risk: "read",
	})
		.input(OneAgentsAnswers)
		.output(AnswerFigures)
		.query(({ ctx, input }) => answerFigures(ctx, input)),

	clear: procedure("answers:clear", {
		rest: "DELETE /agents/{agentId}/cached-answers",
		summary: "Forget the answers of an agent that would be given again.",
		risk: "write",
	})
		.input(OneAgentsAnswers)
		.output(ClearedAnswers)
		.mutation(({ ctx, input }) => clearAnswers(ctx, input)),
});
