import type { AnyTRPCRouter } from "@trpc/server";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { describeProcedure, describeProcedures, tryTool } from "./catalogue";
import {
	ListProcedures,
	OneProcedure,
	ProcedureCallers,
	ProcedureDetail,
	ProcedurePage,
	TriedTool,
	TryTool,
} from "./contract";
import { listCallers } from "./service";

/** `root` is asked for when called: this router is itself a part of it. */
export const proceduresRouter = (root: () => AnyTRPCRouter) =>
	router({
		list: procedure("procedures:read", {
			rest: "GET /procedures",
			summary: "List everything that can be called, with its terms.",
			risk: "read",
		})
			.input(ListProcedures)
			.output(ProcedurePage)
			.query(async ({ input }) => describeProcedures(root(), input)),

		get: procedure("procedures:read", {
			rest: "GET /procedures/{procedure}",
			summary: "Get a procedure with its schemas and an example of its input.",
			risk: "read",
		})
			.input(OneProcedure)
			.output(ProcedureDetail)
			.query(async ({ input }) => describeProcedure(root(), input)),

		callers: procedure("audit:read", {
			rest: "GET /procedures/{procedure}/callers",
			summary: "List who called a procedure last, and how.",
			risk: "read",
		})
			.input(OneProcedure)
			.output(ProcedureCallers)
			.query(({ ctx, input }) => listCallers(ctx, input)),

		tryTool: procedure("procedures:read", {
			rest: "POST /procedures/{procedure}/tool-calls",
			summary: "Call a procedure as an agent of the caller would.",
			description:
				"The call goes through the gate with the rights that the agent has on the caller's behalf, and counts for both. Agents change things within a run only: what changes something is not called.",
			risk: "write",
		})
			.input(TryTool)
			.output(TriedTool)
			.mutation(({ ctx, input }) => tryTool(ctx, root(), input)),
	});
