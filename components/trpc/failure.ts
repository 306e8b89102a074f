import type { Failure } from "@/components/ui/failure";

type Facts = {
	httpStatus?: number;
	problem?: string | null;
	fields?: Record<string, string[] | undefined> | null;
	requestId?: string | null;
};

const factsOf = (error: unknown): Facts | null => {
	if (typeof error !== "object" || error === null || !("data" in error)) return null;
	return typeof error.data === "object" ? error.data : null;
};

/** What a failed call tells its reader. A call that never arrived has no facts, and says that. */
export function toFailure(error: unknown): Failure {
	const facts = factsOf(error);
	const status = facts?.httpStatus ?? null;
	const message = error instanceof Error ? error.message : "";
	if (status === null)
		return {
			message: "The server can't be reached. Check your connection, then try again.",
			code: null,
			requestId: null,
			isSessionOver: false,
			mayPass: true,
			fields: {},
		};
	const fields = Object.entries(facts?.fields ?? {}).flatMap(([name, texts]) => (texts?.[0] ? [[name, texts[0]]] : []));
	return {
		message: message || "Something went wrong on our side.",
		code: facts?.problem ?? null,
		requestId: facts?.requestId ?? null,
		isSessionOver: facts?.problem === "UNAUTHENTICATED" || status === 401,
		mayPass: status >= 500 || status === 429,
		fields: Object.fromEntries(fields),
	};
}
