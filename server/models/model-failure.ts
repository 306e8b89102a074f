import { ModelFailure } from "./model";

/** What went wrong at the provider, in words that give nothing away; the cause stays for the log. */
export function describeFailure(error: unknown): ModelFailure {
	if (error instanceof ModelFailure) return error;
	const status = statusOf(error);
	if (status === null) return connectionFailure(error);
	const because = { cause: error, status };
	if (status === 401 || status === 403)
		return new ModelFailure(`The model's endpoint refused our key (${status}).`, { ...because, reason: "key" });
	if (status === 404)
		return new ModelFailure("The model's endpoint does not know this model (404).", { ...because, reason: "unknown" });
	if (status === 429)
		return new ModelFailure("The model's endpoint has too many requests (429).", {
			...because,
			reason: "busy",
			mayRetry: true,
			retryAfterMs: retryAfterMs(error),
		});
	if (status >= 500)
		return new ModelFailure(`The model's endpoint failed (${status}).`, {
			...because,
			reason: "failed",
			mayRetry: true,
			retryAfterMs: retryAfterMs(error),
		});
	return new ModelFailure(`The model's endpoint did not take the question (${status}).`, {
		...because,
		reason: "refused",
	});
}

export const notAnAnswer = (cause?: unknown): ModelFailure =>
	new ModelFailure("The model's endpoint sent something that is not an answer.", { cause, reason: "garbage" });
export const brokenOff = (cause?: unknown): ModelFailure =>
	new ModelFailure("The model's answer broke off.", { cause, reason: "broken", mayRetry: true });
export const notReached = (cause: unknown): ModelFailure =>
	new ModelFailure("The model's endpoint could not be reached.", { cause, reason: "unreachable", mayRetry: true });

function connectionFailure(cause: unknown): ModelFailure {
	const kind = cause instanceof Error ? cause.constructor.name : "";
	// Thrown by the SDK where a connection could not be made, and by fetch where one broke in the middle of a body.
	if (kind === "APIConnectionError") return notReached(cause);
	if (kind === "TypeError") return brokenOff(cause);
	return notAnAnswer(cause);
}

function statusOf(error: unknown): number | null {
	return error instanceof Error && "status" in error && typeof error.status === "number" ? error.status : null;
}

/** Seconds or a date, as HTTP has it; null where the provider names none. */
function retryAfterMs(error: unknown): number | null {
	if (!(error instanceof Error && "headers" in error && error.headers instanceof Headers)) return null;
	const value = error.headers.get("retry-after")?.trim();
	if (!value) return null;
	const seconds = Number(value);
	const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - Date.now();
	return Number.isFinite(ms) ? Math.max(0, ms) : null;
}
