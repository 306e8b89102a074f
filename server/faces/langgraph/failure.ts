import { TRPCError } from "@trpc/server";
import { errorTable } from "@/server/core/errors";
import { toAppError } from "@/server/trpc/failure";

/** A failure as the Agent Server says it: `detail` for people, beside our own code. Invalid input is 422 there. */
export function failureBody(failure: unknown, requestId: string) {
	const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
	const status = error.code === "INVALID_INPUT" ? 422 : errorTable[error.code].status;
	const detail = error.code === "INTERNAL" ? `${error.message} (request ${requestId})` : error.message;
	return { status, error, body: { detail, error: error.code, message: detail } };
}

export function failureResponse(failure: unknown, requestId: string): Response {
	const { status, error, body } = failureBody(failure, requestId);
	const headers = new Headers({ "cache-control": "no-store" });
	if (error.retryAfterSeconds !== undefined) headers.set("retry-after", String(error.retryAfterSeconds));
	if (status === 401) headers.set("www-authenticate", "Bearer");
	return Response.json(body, { status, headers });
}
