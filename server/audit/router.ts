import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Nothing } from "@/server/users/contract";
import {
	AuditExport,
	AuditPage,
	AuditStream,
	ExportFile,
	ExportPage,
	ListAudit,
	ListExports,
	OneExport,
	OpenExport,
	RequestExport,
	ResumeStream,
	SaveStream,
	TestedStream,
} from "./contract";
import {
	cancelExport,
	getExport,
	getStream,
	listAudit,
	listExports,
	openExport,
	requestExport,
	resumeStream,
	saveStream,
	testStream,
} from "./service";

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

	getStream: procedure("audit:manage", {
		rest: "GET /audit-stream",
		summary: "Read where sealed entries are sent, and how that goes.",
		risk: "read",
	})
		.input(Nothing)
		.output(AuditStream)
		.query(({ ctx }) => getStream(ctx)),

	saveStream: procedure("audit:manage", {
		rest: "PUT /audit-stream",
		summary: "Set where sealed entries are sent.",
		risk: "danger",
	})
		.input(SaveStream)
		.output(AuditStream)
		.mutation(({ ctx, input }) => saveStream(ctx, input)),

	resumeStream: procedure("audit:manage", {
		rest: "POST /audit-stream/resume",
		summary: "Go on sending after a pause.",
		risk: "write",
	})
		.input(ResumeStream)
		.output(AuditStream)
		.mutation(({ ctx, input }) => resumeStream(ctx, input)),

	testStream: procedure("audit:manage", {
		rest: "POST /audit-stream/test",
		summary: "Send a signed message without entries.",
		risk: "write",
		limit: "heavy",
	})
		.input(Nothing)
		.output(TestedStream)
		.mutation(({ ctx }) => testStream(ctx)),
});
