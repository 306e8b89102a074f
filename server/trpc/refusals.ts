import { ZodError, type z } from "zod";
import type { Actor } from "@/server/core/actor";
import type { AuditFact } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { auditDenial, tryAuditDenial } from "@/server/core/denials";
import type { AppError, ErrorCode } from "@/server/core/errors";
import { toAppError } from "./failure";
import type { Call } from "./gate";
import type { RequestContext } from "./init";

export const serviceContext = (ctx: RequestContext, actor: Actor, signal?: AbortSignal): ServiceContext => ({
	db: ctx.db,
	actor,
	via: ctx.via,
	requestId: ctx.requestId,
	origin: ctx.origin,
	...(signal ? { signal } : {}),
	...(ctx.toolCall ? { toolCall: ctx.toolCall } : {}),
});

const nobody: Actor = { kind: "anonymous" };

/** Those stand also while nothing can be written: who is refused so would learn nothing else from an outage. */
const standing: readonly ErrorCode[] = ["UNAUTHENTICATED", "LIMIT_REACHED"];

/**
 * Writes a refusal into the audit, with who was refused what, and answers with what the caller is told. Whether a named thing is
 * somebody else's or is not there makes no difference, neither in words nor in work.
 */
export async function writeDown(call: Call, failure: AppError): Promise<AppError> {
	const named = namedIn(call.given);
	if (failure.isAudited || !isDenial(call, failure, named)) return failure;
	const ctx = serviceContext(call.ctx, await call.ctx.identify().catch(() => nobody));
	const denial = denialOf(call.path, failure, named);
	if (standing.includes(failure.code)) await tryAuditDenial(ctx, denial);
	else
		try {
			await auditDenial(ctx, denial);
		} catch (error) {
			return toAppError(error);
		}
	return failure;
}

function isDenial({ ctx }: Call, failure: AppError, named: Named): boolean {
	switch (failure.code) {
		case "UNAUTHENTICATED":
			// A page without a session leads to the sign-in.
			return !ctx.isPage;
		case "FORBIDDEN":
		case "PROOF_NEEDED":
		case "FACTOR_NEEDED":
		case "LIMIT_REACHED":
			return true;
		case "NOT_FOUND":
			return named.length > 0;
		case "INVALID_INPUT":
			return failure.cause instanceof ZodError && failure.cause.issues.some(isTampering);
		default:
			return false;
	}
}

const idName = /(^id|Ids?)$/;

/** No form of ours sends a field that its input lacks, or an id that is none. */
const isTampering = (issue: z.core.$ZodIssue): boolean =>
	issue.code === "unrecognized_keys" ||
	issue.path.some((key) => typeof key === "string" && idName.test(key)) ||
	(issue.code === "invalid_union" && issue.errors.flat().some((one) => one.code === "unrecognized_keys"));

function denialOf(path: string, failure: AppError, named: Named): Omit<AuditFact, "outcome"> {
	const target = targetOf(failure.message, named);
	return {
		action: path,
		resource: path.split(".")[0] ?? path,
		resourceId: target,
		reason: reasonOf(failure),
		detail: { problem: failure.code, ...(named.length > 1 ? { named: Object.fromEntries(named) } : {}) },
	};
}

function reasonOf({ code, reason, message }: AppError): string {
	if (reason) return reason;
	if (code === "NOT_FOUND") return `${message} Or it is not theirs.`;
	// Whatever was sent stays out of the audit; and how long one has to wait differs from call to call.
	if (code === "INVALID_INPUT") return "The input has fields or ids that it can't have";
	return code === "LIMIT_REACHED" ? message.replace(/ (Try again|Wait) .*$/, "") : message;
}

/** What an input names, by its place there: ids, wherever they are nested. */
type Named = readonly (readonly [field: string, id: string])[];
const mostNamed = 20;
const deepest = 6;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** An id by its name that names no object, but a place in a stream. */
const position = "lastEventId";

function namedIn(given: unknown, path = "", depth = 0): Named {
	if (typeof given === "string" || typeof given === "number") {
		const name = path.replaceAll(/\.\d+/g, "").split(".").at(-1) ?? "";
		const isId = name !== position && ((typeof given === "string" && uuid.test(given)) || idName.test(name));
		return isId ? [[path, String(given).slice(0, 100)]] : [];
	}
	if (typeof given !== "object" || given === null || depth === deepest) return [];
	const fields = Array.isArray(given) ? given.map((one, at) => [String(at), one]) : plainEntries(given);
	return fields
		.flatMap(([key, value]) => namedIn(value, path ? `${path}.${key}` : String(key), depth + 1))
		.slice(0, mostNamed);
}

/** Of an object of JSON, as it came or as a face has copied it; a body that is a stream has no fields to name. */
const plainEntries = (given: object): [string, unknown][] =>
	[Object.prototype, null].includes(Object.getPrototypeOf(given)) ? Object.entries(given).slice(0, 100) : [];

/** Words that a thing goes by in what its reader is told, where they are not those of the field. */
const otherWords: Record<string, string> = {
	user: "account",
	chunk: "passage",
	holder: "account or group",
	jobrun: "job",
};

/** The one of several that was not found, as far as the words tell; else the first. */
function targetOf(message: string, named: Named): string | null {
	const told = message.toLowerCase();
	const words = ([path]: Named[number]): string => {
		const name = path.replaceAll(/\.\d+/g, "").split(".").at(-1)?.replace(idName, "") ?? "";
		return otherWords[name.toLowerCase()] ?? name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
	};
	const fitting = named
		.filter((one) => words(one) !== "" && told.includes(words(one)))
		.toSorted((a, b) => words(b).length - words(a).length);
	return (fitting[0] ?? named[0])?.[1] ?? null;
}
