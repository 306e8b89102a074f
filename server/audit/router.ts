import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { AuditPage, ListAudit } from "./contract";
import { listAudit } from "./service";

export const auditRouter = router({
	list: procedure("audit:read", {
		rest: "GET /audit-entries",
		summary: "List what people and agents did.",
		risk: "read",
		tool: "List what people and agents did, newest first.",
	})
		.input(ListAudit)
		.output(AuditPage)
		.query(({ ctx, input }) => listAudit(ctx, input)),
});
