import { z } from "zod";
import { Page, pageOf } from "@/server/core/pagination";

export const AuditOutcome = z.enum(["done", "denied", "failed"]);
export const AuditEntry = z.object({
	id: z.int(),
	at: z.date(),
	actorKind: z.string(),
	actorLabel: z.string(),
	userId: z.uuid().nullable(),
	via: z.string(),
	action: z.string(),
	resourceKind: z.string(),
	resourceId: z.string().nullable(),
	outcome: AuditOutcome,
	reason: z.string().nullable(),
	detail: z.record(z.string(), z.unknown()),
	requestId: z.string(),
	runId: z.uuid().nullable(),
	address: z.string().nullable(),
	userAgent: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export const ListAudit = Page.extend({
	userId: z.uuid().optional(),
	action: z.string().max(100).optional(),
	outcome: AuditOutcome.optional(),
	requestId: z.string().max(100).optional(),
});
export type ListAudit = z.infer<typeof ListAudit>;
export const AuditPage = pageOf(AuditEntry);
