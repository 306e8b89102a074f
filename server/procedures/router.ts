import type { AnyTRPCRouter } from "@trpc/server";
import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { describeProcedures } from "./catalogue";
import { ProcedureList } from "./contract";

/** `root` is asked for when called: this router is itself a part of it. */
export const proceduresRouter = (root: () => AnyTRPCRouter) =>
	router({
		list: procedure("procedures:read", {
			rest: "GET /procedures",
			summary: "List everything that can be called, with its terms and schemas.",
			risk: "read",
		})
			.input(Nothing)
			.output(ProcedureList)
			.query(async () => ({ rows: describeProcedures(root()) })),
	});
