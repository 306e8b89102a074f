import { TRPCError } from "@trpc/server";
import { ZodError, z } from "zod";
import { isDatabaseAway, isDatabaseSlow } from "@/db/connection";
import { AppError, type ErrorCode, errorTable } from "@/server/core/errors";

/** Any failure as the AppError that its reader may see; what we did not foresee keeps its cause and loses its message. */
export function toAppError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	if (error instanceof TRPCError && error.cause instanceof AppError) return error.cause;
	if (error instanceof ZodError) return new AppError("INVALID_INPUT", describeIssues(error), { cause: error });
	if (isDatabaseAway(error))
		return new AppError("UNAVAILABLE", "The database can't be reached just now. Try again in a moment.", {
			cause: error,
			retryAfterSeconds: 5,
		});
	if (isDatabaseSlow(error))
		return new AppError("TIMEOUT", "The database took too long. Try again in a moment.", {
			cause: error,
			retryAfterSeconds: 5,
		});
	return new AppError("INTERNAL", "Something went wrong on our side.", { cause: error });
}

function describeIssues(error: ZodError): string {
	const issue = error.issues[0];
	if (!issue) return "The input is not valid.";
	const path = issue.path.join(".");
	return path ? `${path}: ${issue.message}` : issue.message;
}

export const toTrpcError = (error: AppError): TRPCError =>
	new TRPCError({ code: errorTable[error.code].trpc, message: error.message, cause: error });

/** What an error's answer tells beside its message. */
export function failureFacts(error: TRPCError): {
	problem: ErrorCode | null;
	fields: Record<string, string[] | undefined> | null;
	retryAfterSeconds: number | null;
} {
	const { cause } = error;
	if (!(cause instanceof AppError)) return { problem: null, fields: null, retryAfterSeconds: null };
	return {
		problem: cause.code,
		fields: cause.cause instanceof ZodError ? z.flattenError(cause.cause).fieldErrors : null,
		retryAfterSeconds: cause.retryAfterSeconds ?? null,
	};
}
