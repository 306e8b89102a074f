import type { AnyTRPCRouter } from "@trpc/server";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { describeProcedure, describeProcedures } from "./catalogue";
import { ListProcedures, OneProcedure, ProcedureDetail, ProcedurePage } from "./contract";

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
	});
