import { type Database, databaseCode, isDatabaseAway, type Reader } from "@/db/connection";
import { type AuditFields, type AuditSubject, auditPending } from "@/db/schema";
import { actorChain, actorId, actorLabel, actorUser } from "./actor";
import type { ServiceContext } from "./context";
import { AppError } from "./errors";
import { cleanText, masked, maskSecrets, maskText } from "./mask";

export type AuditFact = {
	/** `resource.verb`, such as `collection.create`. */
	action: string;
	resource: string;
	resourceId?: string | null;
	/** The person whom it is about, where the resource is not their account itself. */
	subjectId?: string | null;
	outcome?: "done" | "denied" | "failed";
	reason?: string;
	/** What it was about, without secrets and without contents. */
	detail?: AuditFields;
	/** The fields that changed, as they were and as they are: what is alike in both is left out, secrets are masked. */
	before?: AuditFields;
	after?: AuditFields;
	runId?: string | null;
};

/** Call with the transaction that makes the change, so that neither exists without the other. */
export async function audit(ctx: ServiceContext, tx: Reader, fact: AuditFact): Promise<void> {
	const { actor } = ctx;
	const chain = actorChain(actor);
	const changed = difference(fact.before, fact.after);
	const person = fact.subjectId ?? (fact.resource === "user" ? fact.resourceId : null);
	const subjectId = person && isUuid.test(person) ? person : null;
	const detail = partPersonal(maskFields(fact.detail));
	const before = partPersonal(maskFields(changed.before));
	const after = partPersonal(maskFields(changed.after));
	const subject: AuditSubject = {
		...(detail.personal ? { detail: detail.personal } : {}),
		...(before.personal ? { before: before.personal } : {}),
		...(after.personal ? { after: after.personal } : {}),
	};
	const entry = {
		actorKind: actor.kind,
		actorId: actorId(actor),
		userId: actorUser(actor)?.userId ?? null,
		chain: chain.map(({ kind, id }) => ({ kind, id })),
		via: ctx.via,
		action: cleanText(fact.action),
		resourceKind: cleanText(fact.resource),
		resourceId: fact.resourceId ? cleanText(fact.resourceId) : null,
		outcome: fact.outcome ?? "done",
		reason: fact.reason ? maskText(fact.reason) : null,
		detail: detail.plain ?? {},
		before: before.plain,
		after: after.plain,
		requestId: cleanText(ctx.requestId),
		runId: fact.runId ?? (actor.kind === "agent" ? actor.runId : null),
		actor: {
			label: cleanText(actorLabel(actor)),
			names: chain.map(({ name }) => cleanText(name)),
			address: ctx.origin.address ? cleanText(ctx.origin.address) : null,
			userAgent: ctx.origin.userAgent ? maskText(ctx.origin.userAgent) : null,
		},
		subjectId,
		subject: Object.keys(subject).length > 0 ? subject : null,
	};
	await tx.insert(auditPending).values(entry).catch(refuse);
	failure = null;
}

let failure: { at: Date; code: string } | null = null;
/** Why this process could not write its last entry; null once one was written again. */
export const auditFailure = (): { at: Date; code: string } | null => failure;

/** After a failure: whether entries can be written again, by writing one that is taken back. */
export async function tryAudit(db: Database): Promise<void> {
	const takeBack = new Error("taken back");
	const probe = { actorKind: "anonymous", via: "start", action: "audit.try", resourceKind: "audit", requestId: "" };
	const actor = { label: "", names: [], address: null, userAgent: null };
	await db.orm
		.transaction(async (tx) => {
			await tx.insert(auditPending).values({ ...probe, outcome: "done", actor });
			throw takeBack;
		})
		.catch((error) => {
			if (error === takeBack) failure = null;
		});
}

/** Cannot log, cannot do: the transaction ends here. A deadlock or a lost database is told as it is, and may be tried again. */
function refuse(error: unknown): never {
	const code = databaseCode(error) ?? "unknown";
	const isPassing = code.startsWith("40") || (isDatabaseAway(error) && !code.startsWith("53"));
	if (isPassing) throw error;
	failure = { at: new Date(), code };
	throw new AppError(
		"UNAVAILABLE",
		"This could not be written to the audit, so it was not done. Try again in a moment.",
		{
			cause: error,
			retryAfterSeconds: 5,
		},
	);
}

const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function difference(before?: AuditFields, after?: AuditFields): { before?: AuditFields; after?: AuditFields } {
	if (!before || !after) return { ...(before ? { before } : {}), ...(after ? { after } : {}) };
	const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
		(key) => !same(before[key] ?? null, after[key] ?? null),
	);
	const only = (fields: AuditFields) =>
		Object.fromEntries(changed.filter((key) => key in fields).map((key) => [key, fields[key]]));
	return { before: only(before), after: only(after) };
}

const maskFields = (fields: AuditFields | undefined): AuditFields | null =>
	fields
		? Object.fromEntries(
				Object.entries(fields)
					.filter(([, value]) => value !== undefined)
					.map(([key, value]) => [cleanText(key), maskSecrets(value, key)]),
			)
		: null;

const personalName = /^(e-?mails?|mail|to|recipient|(user|person|owner|member)Names?|address|userAgent|phone)$/i;
/** What people write in their own words may name anybody. */
const freeName = /^(name|title|label|description|text|message|subject|reason|question|body|file(Name)?)$/i;
/** One word of ours, an id, a moment, an address of a page: what people don't say in their own words. */
const isPlain = /^\S*$/;
const looksLikeMail = /[^\s@"<>]+@[^\s@"<>]+\.[^\s@"<>]{2,}/;

const isFreeText = (value: unknown, key: string): boolean => {
	if (typeof value === "string") return value !== masked && (freeName.test(key) || !isPlain.test(value));
	if (typeof value !== "object" || value === null) return false;
	return Object.entries(value).some(([inner, one]) => isFreeText(one, Array.isArray(value) ? key : inner));
};

/** What names a person, or may do so in somebody's own words, stands apart, so that it can be erased and the chain stays valid. */
function partPersonal(fields: AuditFields | null): { plain: AuditFields | null; personal: AuditFields | null } {
	const parts: [string, unknown][][] = [[], []];
	for (const [key, value] of Object.entries(fields ?? {})) {
		const isPersonal =
			personalName.test(key) ||
			isFreeText(value, key) ||
			looksLikeMail.test(typeof value === "string" ? value : JSON.stringify(value));
		parts[isPersonal ? 1 : 0]?.push([key, value]);
	}
	const [plain = [], personal = []] = parts;
	return {
		plain: fields && Object.fromEntries(plain),
		personal: personal.length > 0 ? Object.fromEntries(personal) : null,
	};
}
