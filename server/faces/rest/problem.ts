import { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import type { AppError, ErrorCode } from "@/server/core/errors";
import { errorTable } from "@/server/core/errors";
import { toAppError } from "@/server/trpc/failure";

/** What each kind of failure is called, and what a caller does about it: the reference tells the same. */
export const problems = {
	INVALID_INPUT: { title: "The input is not valid", advice: "Mend the fields that `errors` names." },
	UNAUTHENTICATED: { title: "Nobody is signed in", advice: "Send a token or key that is valid now." },
	FORBIDDEN: { title: "Not allowed", advice: "The detail names the missing right; an administrator can give it." },
	PROOF_NEEDED: {
		title: "A fresh proof is needed",
		advice: "Confirm in the console who you are; a program signs in again.",
	},
	FACTOR_NEEDED: { title: "A second factor is needed", advice: "Add one in the console under Account, Security." },
	APPROVAL_NEEDED: { title: "Waits for approval", advice: "Call again once it was approved." },
	NOT_FOUND: { title: "Not found", advice: "It does not exist, or is not yours: nobody learns which." },
	METHOD_NOT_ALLOWED: { title: "Not possible here", advice: "`Allow` names the methods that are." },
	CONFLICT: { title: "In conflict with what is", advice: "Look at the present state, then decide anew." },
	CHANGED: { title: "Changed meanwhile", advice: "Read it anew, and decide again with its new ETag." },
	TOO_LARGE: { title: "Too large", advice: "JSON bodies hold at most 1 MB, files 25 MB." },
	UNSUPPORTED: { title: "Unsupported media type", advice: "Send the type that the operation names." },
	KEY_REUSED: { title: "Idempotency key used before", advice: "Take a new key for a new call." },
	LIMIT_REACHED: { title: "Too many calls", advice: "Wait as many seconds as Retry-After says." },
	INTERNAL: { title: "Something went wrong on our side", advice: "Tell an administrator the request id." },
	BAD_GATEWAY: { title: "A service behind this one failed", advice: "Try again." },
	UNAVAILABLE: { title: "Not available just now", advice: "Try again after as many seconds as Retry-After says." },
	TIMEOUT: { title: "Took too long", advice: "Try again; nothing was changed." },
} as const satisfies Record<ErrorCode, { title: string; advice: string }>;

const mostNamed = 50;

/** `runs`, `0`, `a/b` → `/runs/0/a~1b` */
const pointer = (path: readonly PropertyKey[]) =>
	path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Every field that is wrong, each by a JSON pointer into the input. */
function badFields(error: AppError): { field: string; message: string }[] {
	if (!(error.cause instanceof ZodError)) return [];
	return error.cause.issues
		.flatMap((issue) =>
			issue.code === "unrecognized_keys"
				? issue.keys.map((key) => ({ field: pointer([...issue.path, key]), message: "This is not known here." }))
				: [{ field: pointer(issue.path), message: issue.message }],
		)
		.slice(0, mostNamed);
}

const anchor = (code: ErrorCode) => code.toLowerCase().replaceAll("_", "-");

/** The body of RFC 9457 for a failure. */
export function problemOf(failure: unknown, requestId: string) {
	const error = toAppError(failure instanceof TRPCError && failure.cause ? failure.cause : failure);
	const errors = badFields(error);
	return {
		type: `/api/docs#problem-${anchor(error.code)}`,
		title: problems[error.code].title,
		status: errorTable[error.code].status as number,
		detail: error.message,
		code: error.code,
		requestId,
		...(errors.length > 0 ? { errors } : {}),
		...(error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds }),
	};
}

export type Problem = ReturnType<typeof problemOf>;

export function problemResponse(problem: Problem, headers: Record<string, string> = {}): Response {
	const all = new Headers({
		...headers,
		"content-type": "application/problem+json",
		"cache-control": "no-store",
		"x-request-id": problem.requestId,
	});
	if (problem.retryAfterSeconds !== undefined) all.set("retry-after", String(problem.retryAfterSeconds));
	if (problem.status === 401) all.set("www-authenticate", "Bearer");
	return new Response(JSON.stringify(problem), { status: problem.status, headers: all });
}
