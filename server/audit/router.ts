import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	AuditExport,
	AuditHold,
	AuditPage,
	AuditStatus,
	AuditStream,
	AuditVerification,
	ExportFile,
	ExportPage,
	HoldPage,
	ListAudit,
	ListExports,
	ListHolds,
	OneExport,
	OneHold,
	OneVerification,
	OpenExport,
	PlaceHold,
	RequestExport,
	ResumeStream,
	Retention,
	SaveStream,
	SetRetention,
	SigningKey,
	TestedStream,
} from "./contract";
import {
	cancelExport,
	getExport,
	getStream,
	getVerification,
	listAudit,
	listExports,
	listHolds,
	openExport,
	placeHold,
	readStatus,
	releaseHold,
	requestExport,
	requestVerification,
	resumeStream,
	rotateSigningKey,
	saveStream,
	setRetention,
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
		revision: "version",
		rest: "GET /audit-stream",
		summary: "Read where sealed entries are sent, and how that goes.",
		risk: "read",
	})
		.input(Nothing)
		.output(AuditStream)
		.query(({ ctx }) => getStream(ctx)),

	saveStream: procedure("audit:manage", {
		revision: "basedOn",
		rest: "PUT /audit-stream",
		summary: "Set where sealed entries are sent.",
		risk: "danger",
	})
		.input(SaveStream)
		.output(AuditStream)
		.mutation(({ ctx, input }) => saveStream(ctx, input)),

	resumeStream: procedure("audit:manage", {
		revision: "basedOn",
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

	status: procedure("audit:read", {
		rest: "GET /audit/status",
		summary: "Read how the audit's chain is, and where its signed checkpoints are kept.",
		risk: "read",
		tool: "Tell how far the audit's chain is sealed and signed, and whether it was verified.",
	})
		.input(Nothing)
		.output(AuditStatus)
		.query(({ ctx }) => readStatus(ctx)),

	verify: procedure("audit:read", {
		rest: "POST /audit/verifications",
		accepted: "/audit/verifications/{id}",
		summary: "Prove the whole chain again, from its first entry on.",
		risk: "write",
		limit: "heavy",
	})
		.input(Nothing)
		.output(AuditVerification)
		.mutation(({ ctx }) => requestVerification(ctx)),

	getVerification: procedure("audit:read", {
		rest: "GET /audit/verifications/{verificationId}",
		summary: "Read how far a verification is, or what it found.",
		risk: "read",
	})
		.input(OneVerification)
		.output(AuditVerification)
		.query(({ ctx, input }) => getVerification(ctx, input)),

	setRetention: procedure("audit:manage", {
		rest: "PUT /audit/retention",
		summary: "Set how many months of the audit are kept.",
		risk: "danger",
	})
		.input(SetRetention)
		.output(Retention)
		.mutation(({ ctx, input }) => setRetention(ctx, input)),

	listHolds: procedure("audit:read", {
		rest: "GET /audit/holds",
		summary: "List what may be neither dropped nor erased.",
		risk: "read",
	})
		.input(ListHolds)
		.output(HoldPage)
		.query(({ ctx, input }) => listHolds(ctx, input)),

	placeHold: procedure("audit:manage", {
		rest: "POST /audit/holds",
		summary: "Keep the audit of one person, or all of it, from being dropped or erased.",
		risk: "write",
	})
		.input(PlaceHold)
		.output(AuditHold)
		.mutation(({ ctx, input }) => placeHold(ctx, input)),

	releaseHold: procedure("audit:manage", {
		rest: "POST /audit/holds/{holdId}/release",
		summary: "End a hold.",
		risk: "danger",
	})
		.input(OneHold)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await releaseHold(ctx, input);
			return { done: true };
		}),

	rotateKey: procedure("audit:manage", {
		rest: "POST /audit/keys",
		summary: "Have the next key sign checkpoints from now on.",
		risk: "danger",
	})
		.input(Nothing)
		.output(SigningKey)
		.mutation(({ ctx }) => rotateSigningKey(ctx)),
});
