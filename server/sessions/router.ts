import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	Ended,
	ListSessions,
	ListSessionsOf,
	NoInput,
	OneSession,
	OneSessionOf,
	SessionPage,
	SessionsOf,
} from "./contract";
import { endOtherSessions, endSession, endSessionOf, endSessionsOf, listSessions, listSessionsOf } from "./service";

// Taking something away never waits for a proof: whoever finds a stranger among their sessions must be quicker.
export const sessionsRouter = router({
	list: procedure("account:read", { rest: "GET /sessions", summary: "List where you are signed in.", risk: "read" })
		.input(ListSessions)
		.output(SessionPage)
		.query(({ ctx, input }) => listSessions(ctx, input)),

	end: procedure("account:write", {
		rest: "DELETE /sessions/{sessionId}",
		summary: "Sign one of your own sessions out.",
		risk: "write",
	})
		.input(OneSession)
		.output(Ended)
		.mutation(({ ctx, input }) => endSession(ctx, input)),

	endOthers: procedure("account:write", {
		rest: "DELETE /sessions",
		summary: "Sign all your sessions out but the one that asks.",
		risk: "write",
	})
		.input(NoInput)
		.output(Ended)
		.mutation(({ ctx }) => endOtherSessions(ctx)),

	listOf: procedure("sessions:manage", {
		rest: "GET /users/{userId}/sessions",
		summary: "List where a person is signed in.",
		risk: "read",
	})
		.input(ListSessionsOf)
		.output(SessionPage)
		.query(({ ctx, input }) => listSessionsOf(ctx, input)),

	endOf: procedure("sessions:manage", {
		rest: "DELETE /users/{userId}/sessions/{sessionId}",
		summary: "Sign one session of a person out.",
		risk: "write",
	})
		.input(OneSessionOf)
		.output(Ended)
		.mutation(({ ctx, input }) => endSessionOf(ctx, input)),

	endAllOf: procedure("sessions:manage", {
		rest: "DELETE /users/{userId}/sessions",
		summary: "Sign a person out everywhere.",
		risk: "write",
	})
		.input(SessionsOf)
		.output(Ended)
		.mutation(({ ctx, input }) => endSessionsOf(ctx, input)),
});
