import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import {
	AuditExport,
	AuditPage,
	ExportFile,
	ExportPage,
	ListAudit,
	ListExports,
	OneExport,
	OpenExport,
	RequestExport,
} from "./contract";
import { cancelExport, getExport, listAudit, listExports, openExport, requestExport } from "./service";

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

	requestExport: procedure("audit:export", {
		rest: "POST /audit-exports",
		accepted: "/audit-exports/{id}",
		summary: "Have the audit log, or what fits a filter, written to a file.",
		risk: "write",
		limit: "heavy",
		stepUp: true,
	})
		.input(RequestExport)
		.output(AuditExport)
		.mutation(({ ctx, input }) => requestExport(ctx, input)),

	listExports: procedure("audit:export", {
		rest: "GET /audit-exports",
		summary: "List your own exports of the audit log.",
		risk: "read",
	})
		.input(ListExports)
		.output(ExportPage)
		.query(({ ctx, input }) => listExports(ctx, input)),

	getExport: procedure("audit:export", {
		rest: "GET /audit-exports/{exportId}",
		summary: "Read how far one of your exports is.",
		risk: "read",
	})
		.input(OneExport)
		.output(AuditExport)
		.query(({ ctx, input }) => getExport(ctx, input)),

	cancelExport: procedure("audit:export", {
		rest: "POST /audit-exports/{exportId}/cancel",
		summary: "End an export that is under way.",
		risk: "write",
	})
		.input(OneExport)
		.output(AuditExport)
		.mutation(({ ctx, input }) => cancelExport(ctx, input)),

	openExport: procedure("audit:export", { risk: "read", limit: "heavy" })
		.input(OpenExport)
		.output(ExportFile)
		.query(({ ctx, input }) => openExport(ctx, input)),
});
