import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { toAppError } from "@/server/trpc/failure";

/** What went wrong, for a model: each bad field, and when to try again. */
export function failureText(failure: unknown, requestId: string): string {
	const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
	const fields =
		error.cause instanceof ZodError
			? error.cause.issues.slice(0, 20).map(({ path, message }) => `${path.join(".") || "input"}: ${message}`)
			: [];
	const wait = error.retryAfterSeconds === undefined ? [] : [`Try again in ${error.retryAfterSeconds} s.`];
	const said = fields.length > 0 ? fields : [error.message];
	return [`${error.code}`, ...said, ...wait, `(request ${requestId})`].join("\n");
}
