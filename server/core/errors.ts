import { z } from "zod";

/**
 * Every way a call can fail, in three classes: the reader's doing (*user*), ours (*system*), somebody else's (*external*).
 * This one table maps a code to its class, its HTTP status and its tRPC code.
 */
export const errorTable = {
	INVALID_INPUT: { class: "user", status: 400, trpc: "BAD_REQUEST" },
	UNAUTHENTICATED: { class: "user", status: 401, trpc: "UNAUTHORIZED" },
	FORBIDDEN: { class: "user", status: 403, trpc: "FORBIDDEN" },
	/** They may, once they prove again who they are. */
	PROOF_NEEDED: { class: "user", status: 403, trpc: "FORBIDDEN" },
	/** Their role asks for a second factor, and they have none yet. */
	FACTOR_NEEDED: { class: "user", status: 403, trpc: "FORBIDDEN" },
	/** A tool's call was written down, and waits for a person's word. */
	APPROVAL_NEEDED: { class: "user", status: 403, trpc: "FORBIDDEN" },
	NOT_FOUND: { class: "user", status: 404, trpc: "NOT_FOUND" },
	METHOD_NOT_ALLOWED: { class: "user", status: 405, trpc: "METHOD_NOT_SUPPORTED" },
	CONFLICT: { class: "user", status: 409, trpc: "CONFLICT" },
	/** Somebody changed it since it was read. */
	CHANGED: { class: "user", status: 412, trpc: "PRECONDITION_FAILED" },
	TOO_LARGE: { class: "user", status: 413, trpc: "PAYLOAD_TOO_LARGE" },
	UNSUPPORTED: { class: "user", status: 415, trpc: "UNSUPPORTED_MEDIA_TYPE" },
	KEY_REUSED: { class: "user", status: 422, trpc: "UNPROCESSABLE_CONTENT" },
	LIMIT_REACHED: { class: "user", status: 429, trpc: "TOO_MANY_REQUESTS" },
	INTERNAL: { class: "system", status: 500, trpc: "INTERNAL_SERVER_ERROR" },
	BAD_GATEWAY: { class: "external", status: 502, trpc: "BAD_GATEWAY" },
	UNAVAILABLE: { class: "external", status: 503, trpc: "SERVICE_UNAVAILABLE" },
	TIMEOUT: { class: "external", status: 504, trpc: "GATEWAY_TIMEOUT" },
} as const satisfies Record<string, { class: "user" | "system" | "external"; status: number; trpc: string }>;

export type ErrorCode = keyof typeof errorTable;

/** A failure whose message is written for the person who reads it. The cause stays on the server. */
export class AppError extends Error {
	override readonly name = "AppError";
	readonly retryAfterSeconds: number | undefined;
	/** Why, in the audit's words, where the message says it otherwise. */
	readonly reason: string | undefined;
	/** Whoever threw it has written it into the audit; the gate does not do so again. */
	readonly isAudited: boolean;
	constructor(
		readonly code: ErrorCode,
		message: string,
		options?: ErrorOptions & { retryAfterSeconds?: number; reason?: string; isAudited?: boolean },
	) {
		super(message, options);
		this.retryAfterSeconds = options?.retryAfterSeconds;
		this.reason = options?.reason;
		this.isAudited = options?.isAudited ?? false;
	}
}

/** Throws where somebody changed `what` since the caller read it; who names no version overwrites whatever is there. */
export function expectUnchanged(what: string, basedOn: number | undefined, now: number): void {
	if (basedOn === undefined || basedOn === now) return;
	throw new AppError("CHANGED", `Somebody changed ${what} meanwhile. Look at it, then save again.`);
}

/** Missing and forbidden look alike from outside, so both end here. */
export const notFound = (what: string): AppError => new AppError("NOT_FOUND", `${what} was not found.`);

/** A value that its form allows and its meaning doesn't, told like one that the form refuses. */
export const invalidField = (field: string, message: string): AppError => {
	const cause = new z.ZodError([{ code: "custom", path: [field], message, input: undefined }]);
	return new AppError("INVALID_INPUT", `${field}: ${message}`, { cause });
};
