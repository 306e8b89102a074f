import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { type AppError, type ErrorCode, errorTable } from "@/server/core/errors";
import { toAppError } from "@/server/trpc/failure";

const typeOf = (code: ErrorCode, status: number): string => {
	if (status === 401) return "authentication_error";
	if (status === 403) return "permission_error";
	if (status === 429) return "rate_limit_error";
	return errorTable[code].class === "user" ? "invalid_request_error" : "server_error";
};

const firstBad = (error: AppError): string | null =>
	error.cause instanceof ZodError ? (error.cause.issues[0]?.path.join(".") ?? null) : null;

/** A failure in the form that OpenAI's clients know, with what ours says: code and request id. */
export function failureBody(failure: unknown, requestId: string) {
	const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
	const { status } = errorTable[error.code];
	const message = error.code === "INTERNAL" ? `${error.message} (request ${requestId})` : error.message;
	const param = firstBad(error);
	return { status, error, body: { error: { message, type: typeOf(error.code, status), param, code: error.code } } };
}

export function failureResponse(failure: unknown, requestId: string): Response {
	const { status, error, body } = failureBody(failure, requestId);
	const headers = new Headers({ "cache-control": "no-store" });
	if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
	if (status === 401) headers.set("www-authenticate", "Bearer");
	return Response.json(body, { status, headers });
}
