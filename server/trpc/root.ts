import type { AnyTRPCRouter } from "@trpc/server";
import { accessRouter } from "@/server/access/router";
import { accountRouter } from "@/server/account/router";
import { agentsRouter } from "@/server/agents/router";
import { answersRouter } from "@/server/answers/router";
import { approvalsRouter } from "@/server/approvals/router";
import { auditRouter } from "@/server/audit/router";
import { budgetsRouter } from "@/server/budgets/router";
import { checkpointsRouter } from "@/server/checkpoints/router";
import { evaluationsRouter } from "@/server/evaluations/router";
import { extractionsRouter } from "@/server/extractions/router";
import { factorsRouter } from "@/server/factors/router";
import { feedbackRouter } from "@/server/feedback/router";
import { insightsRouter } from "@/server/insights/router";
import { invitationsRouter } from "@/server/invitations/router";
import { jobsRouter } from "@/server/jobs/router";
import { keysRouter } from "@/server/keys/router";
import { knowledgeRouter } from "@/server/knowledge/router";
import { mailRouter } from "@/server/mail/router";
import { modelsRouter } from "@/server/models/router";
import { oauthRouter } from "@/server/oauth/router";
import { playgroundRouter } from "@/server/playground/router";
import { proceduresRouter } from "@/server/procedures/router";
import { promptsRouter } from "@/server/prompts/router";
import { remotesRouter } from "@/server/remotes/router";
import { researchRouter } from "@/server/research/router";
import { runsRouter } from "@/server/runs/router";
import { safetyRouter } from "@/server/safety/router";
import { sessionsRouter } from "@/server/sessions/router";
import { sourcesRouter } from "@/server/sources/router";
import { stopsRouter } from "@/server/stops/router";
import { systemRouter } from "@/server/system/router";
import { threadsRouter } from "@/server/threads/router";
import { tokensRouter } from "@/server/tokens/router";
import { tracesRouter } from "@/server/traces/router";
import { triggersRouter } from "@/server/triggers/router";
import { authRouter, usersRouter } from "@/server/users/router";
import { createCallerFactory, router } from "./init";

/** The API's table of contents. */
export const appRouter = router({
	auth: authRouter,
	account: accountRouter,
	users: usersRouter,
	sessions: sessionsRouter,
	keys: keysRouter,
	tokens: tokensRouter,
	factors: factorsRouter,
	access: accessRouter((): AnyTRPCRouter => appRouter),
	invitations: invitationsRouter,
	knowledge: knowledgeRouter,
	sources: sourcesRouter,
	agents: agentsRouter((): AnyTRPCRouter => appRouter),
	answers: answersRouter,
	threads: threadsRouter,
	runs: runsRouter,
	traces: tracesRouter,
	triggers: triggersRouter,
	research: researchRouter,
	extractions: extractionsRouter,
	evaluations: evaluationsRouter,
	checkpoints: checkpointsRouter,
	feedback: feedbackRouter,
	insights: insightsRouter,
	approvals: approvalsRouter((): AnyTRPCRouter => appRouter),
	prompts: promptsRouter,
	playground: playgroundRouter,
	models: modelsRouter,
	safety: safetyRouter,
	budgets: budgetsRouter,
	jobs: jobsRouter,
	audit: auditRouter,
	mail: mailRouter,
	oauth: oauthRouter,
	remotes: remotesRouter,
	stops: stopsRouter,
	system: systemRouter,
	procedures: proceduresRouter((): AnyTRPCRouter => appRouter),
});
export type AppRouter = typeof appRouter;
export const createCaller = createCallerFactory(appRouter);
