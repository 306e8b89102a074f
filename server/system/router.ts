import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import { Health } from "./contract";
import { readHealth } from "./service";

export const systemRouter = router({
	health: procedure("system:read", {
		rest: "GET /health",
		summary: "Tell which parts of this installation work.",
		risk: "read",
		tool: "Tell which parts of this installation work, and what is wrong with the others.",
	})
		.input(Nothing)
		.output(Health)
		.query(({ ctx }) => readHealth(ctx.db)),
});
