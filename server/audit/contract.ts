import { z } from "zod";
import { asks, listOf, Moment } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

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

/** What an export holds. Every condition has an index of its own; together they narrow. */
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
	runId: z.uuid().optional(),
	/** From this time on, and before that. */
	from: z.iso.datetime({ offset: true }).optional(),
	to: z.iso.datetime({ offset: true }).optional(),
});
export type AuditFilter = z.infer<typeof AuditFilter>;

const { shape } = AuditFilter;
const named = {
	userId: asks.exactly(shape.userId.unwrap()),
	actorId: asks.exactly(shape.actorId.unwrap()),
	via: asks.exactly(shape.via.unwrap()),
	action: asks.exactly(shape.action.unwrap()),
	resourceKind: asks.exactly(shape.resourceKind.unwrap()),
	resourceId: asks.exactly(shape.resourceId.unwrap()),
	outcome: asks.exactly(shape.outcome.unwrap()),
	address: asks.exactly(shape.address.unwrap()),
	requestId: asks.exactly(shape.requestId.unwrap()),
	runId: asks.exactly(shape.runId.unwrap()),
};
const at = z.strictObject({ gte: Moment.optional(), lt: Moment.optional() });
export const ListAudit = listOf(AuditEntry, { filter: { ...named, at }, sort: ["-at"] });
export type ListAudit = z.infer<typeof ListAudit>;

/** The conditions of an export as those of a list. */
export function toListFilter({ from, to, ...conditions }: AuditFilter): NonNullable<ListAudit["filter"]> {
	const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
	const asked = Object.fromEntries(given.map(([name, eq]) => [name, { eq }]));
	return { ...asked, ...(from || to ? { at: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } } : {}) };
}

/** And back. */
export function toAuditFilter({ at: time, ...asked }: NonNullable<ListAudit["filter"]> = {}): AuditFilter {
	const given = Object.entries(asked).filter(([, ask]) => ask?.eq !== undefined);
	const conditions = Object.fromEntries(given.map(([name, ask]) => [name, ask?.eq]));
	return { ...conditions, ...(time?.gte ? { from: time.gte } : {}), ...(time?.lt ? { to: time.lt } : {}) };
}
export const AuditPage = pageOf(AuditEntry);
export type AuditPage = z.infer<typeof AuditPage>;

export const exportFormats = ["csv", "jsonl", "chain"] as const;
export const ExportFormat = z.enum(exportFormats);
export type ExportFormat = z.infer<typeof ExportFormat>;
export const exportStates = ["queued", "running", "ready", "failed", "cancelled", "expired"] as const;
export const ExportState = z.enum(exportStates);
export type ExportState = z.infer<typeof ExportState>;

/** An export of the log, and its file once that is ready. */
export const AuditExport = z.object({
	id: z.uuid(),
	format: ExportFormat,
	filter: AuditFilter,
	state: ExportState,
	/** From 0 to 1. */
	progress: z.number(),
	rows: z.int(),
	bytes: z.int(),
	fileName: z.string(),
	sha256: z.string().nullable(),
	hasCertificate: z.boolean(),
	/** Whether the chain held when the file was done; null where that is not known. */
	isProved: z.boolean().nullable(),
	reason: z.string().nullable(),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
	expiresAt: z.date().nullable(),
});
export type AuditExport = z.infer<typeof AuditExport>;
export const ListExports = listOf(AuditExport, {
	filter: { format: asks.oneOf(exportFormats), state: asks.oneOf(exportStates), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListExports = z.infer<typeof ListExports>;
export const ExportPage = pageOf(AuditExport);
export const RequestExport = z
	.strictObject({ format: ExportFormat, filter: AuditFilter })
	.refine(({ format, filter }) => format !== "chain" || Object.values(filter).every((one) => one === undefined), {
		path: ["filter"],
		error: "A chain export holds every entry: take the conditions away, or choose another format.",
	});
export type RequestExport = z.infer<typeof RequestExport>;
export const OneExport = z.strictObject({ exportId: z.uuid() });
export type OneExport = z.infer<typeof OneExport>;
export const OpenExport = OneExport.extend({ what: z.enum(["file", "certificate"]) });
export type OpenExport = z.infer<typeof OpenExport>;
/** What a download needs: the file in its parts, by what is in them. */
export const ExportFile = z.object({
	name: z.string(),
	mediaType: z.string(),
	bytes: z.int(),
	parts: z.array(z.string()),
});
export type ExportFile = z.infer<typeof ExportFile>;

/** Where sealed entries are sent, and how that goes. The secret itself is never read. */
export const AuditStream = z.object({
	state: z.enum(["off", "on", "paused"]),
	url: z.string().nullable(),
	hasSecret: z.boolean(),
	/** Until then the former secret signs too. */
	formerUntil: z.date().nullable(),
	/** Every entry up to this number was taken; so many are yet to be sent. */
	sentSeq: z.int(),
	waiting: z.int(),
	sentAt: z.date().nullable(),
	failures: z.int(),
	failingSince: z.date().nullable(),
	problem: z.string().nullable(),
	nextTryAt: z.date().nullable(),
	version: z.int(),
});
export type AuditStream = z.infer<typeof AuditStream>;
export const SaveStream = z.strictObject({
	url: z.string().trim().min(1, "Enter an address.").max(2_000),
	/** Left out: as it was, where the address is the same too. */
	secret: z
		.string()
		.min(24, "At least 24 characters.")
		.max(500)
		.regex(/^[\x21-\x7e]+$/, "Letters, digits and signs without blanks.")
		.optional(),
	isOn: z.boolean(),
	/** Where it begins; left out: where it stands. */
	from: z.enum(["beginning", "now"]).optional(),
	/** The version that was seen. */
	basedOn: z.int(),
});
export type SaveStream = z.infer<typeof SaveStream>;
export const ResumeStream = z.strictObject({ basedOn: z.int() });
export type ResumeStream = z.infer<typeof ResumeStream>;
export const TestedStream = z.object({
	isTaken: z.boolean(),
	status: z.int().nullable(),
	problem: z.string().nullable(),
});
export type TestedStream = z.infer<typeof TestedStream>;

export const AuditVerification = z.object({
	id: z.uuid(),
	state: z.enum(["running", "valid", "broken", "failed"]),
	/** Entries looked at so far, of those that there are. */
	checked: z.int(),
	total: z.int(),
	/** Where it is broken: the first number that does not hold, and what is wrong there. Where it failed: why. */
	badSeq: z.int().nullable(),
	problem: z.string().nullable(),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
});
export type AuditVerification = z.infer<typeof AuditVerification>;
export const OneVerification = z.strictObject({ verificationId: z.uuid() });
export type OneVerification = z.infer<typeof OneVerification>;

export const AuditCheckpoint = z.object({
	chain: z.string(),
	size: z.int(),
	root: z.string(),
	prev: z.string(),
	time: z.string(),
	kid: z.string(),
	signature: z.string(),
});
/** A place outside the database that gets each checkpoint. */
export const AuditSink = z.object({
	name: z.string(),
	/** The last entry whose checkpoint it has. */
	size: z.int(),
	at: z.date().nullable(),
	problem: z.string().nullable(),
});
export const AuditStatus = z.object({
	chain: z.string(),
	/** How many entries are sealed, and when the newest was. */
	size: z.int(),
	sealedAt: z.date().nullable(),
	/** How many wait, and for how long the oldest has, in ms. */
	waiting: z.int(),
	lagMs: z.int(),
	/** The first entry that is left; those before were dropped by retention. */
	firstSeq: z.int().nullable(),
	checkpoint: AuditCheckpoint.nullable(),
	sinks: z.array(AuditSink),
	/** Public keys that verify the checkpoints, PEM. */
	keys: z.string(),
	retentionMonths: z.int().nullable(),
	/** Holds that are in force. */
	holds: z.int(),
	verification: AuditVerification.nullable(),
});
export type AuditStatus = z.infer<typeof AuditStatus>;

export const SetRetention = z.strictObject({ months: z.int().min(1).max(1_200).nullable() });
export type SetRetention = z.infer<typeof SetRetention>;
export const Retention = z.object({ months: z.int().nullable() });

/** Nothing that it covers is dropped or erased while it is in force. */
export const AuditHold = z.object({
	id: z.uuid(),
	/** Null: all. */
	userId: z.uuid().nullable(),
	userName: z.string().nullable(),
	reason: z.string(),
	createdBy: z.uuid(),
	createdAt: z.date(),
	releasedAt: z.date().nullable(),
});
export type AuditHold = z.infer<typeof AuditHold>;
export const PlaceHold = z.strictObject({
	userId: z.uuid().nullable(),
	reason: z.string().trim().min(1, "Say why, for whoever releases it.").max(500),
});
export type PlaceHold = z.infer<typeof PlaceHold>;
export const OneHold = z.strictObject({ holdId: z.uuid() });
export type OneHold = z.infer<typeof OneHold>;
export const ListHolds = listOf(AuditHold, {
	filter: { userId: asks.id(), isReleased: asks.flag(), createdAt: asks.time() },
	sort: ["createdAt"],
});
export type ListHolds = z.infer<typeof ListHolds>;
export const HoldPage = pageOf(AuditHold);
export const SigningKey = z.object({ kid: z.string(), publicKey: z.string() });
