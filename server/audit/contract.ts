import { z } from "zod";
import { Page, pageOf } from "@/server/core/pagination";

export const AuditOutcome = z.enum(["done", "denied", "failed"]);
export type AuditOutcome = z.infer<typeof AuditOutcome>;
const Fields = z.record(z.string(), z.unknown());

/** One of those who stand behind a call: the person first, then their key, agent or job. */
export const AuditLink = z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() });
export type AuditLink = z.infer<typeof AuditLink>;

export const AuditEntry = z.object({
	/** Known from the first moment on, and never changes. Numbers may be missing. */
	id: z.int(),
	/** Its place in the chain, without a gap; null until it is sealed, which takes up to a second. */
	seq: z.int().nullable(),
	at: z.date(),
	sealedAt: z.date().nullable(),
	/** Hex, SHA-256; null until it is sealed. */
	hash: z.string().nullable(),
	actorKind: z.string(),
	actorId: z.string().nullable(),
	actorLabel: z.string(),
	userId: z.uuid().nullable(),
	chain: z.array(AuditLink),
	via: z.string(),
	action: z.string(),
	resourceKind: z.string(),
	resourceId: z.string().nullable(),
	outcome: AuditOutcome,
	reason: z.string().nullable(),
	detail: Fields,
	/** The fields that changed. */
	before: Fields.nullable(),
	after: Fields.nullable(),
	requestId: z.string(),
	runId: z.uuid().nullable(),
	address: z.string().nullable(),
	userAgent: z.string().nullable(),
	/** What named whoever acted was erased at their wish. */
	isErased: z.boolean(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;

/** Every filter has an index of its own; together they narrow. */
export const AuditFilter = z.strictObject({
	/** The person at the root of the chain. */
	userId: z.uuid().optional(),
	/** Whoever acted: a person, key, agent or job. */
	actorId: z.string().max(100).optional(),
	via: z.string().max(20).optional(),
	action: z.string().max(100).optional(),
	resourceKind: z.string().max(100).optional(),
	resourceId: z.string().max(200).optional(),
	outcome: AuditOutcome.optional(),
	address: z.string().max(100).optional(),
	requestId: z.string().max(100).optional(),
	/** From this time on, and before that. */
	from: z.iso.datetime({ offset: true }).optional(),
	to: z.iso.datetime({ offset: true }).optional(),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

export const ListAudit = Page.extend(AuditFilter.shape);
export type ListAudit = z.infer<typeof ListAudit>;
export const AuditPage = pageOf(AuditEntry);
export type AuditPage = z.infer<typeof AuditPage>;
