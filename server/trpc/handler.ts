import { getTRPCErrorShape } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import superjson from "superjson";
import { AppError, errorTable } from "@/server/core/errors";
import { contextFromHeaders } from "./context";
import { toAppError, toTrpcError } from "./failure";
import { limitHeaders } from "./limits";
import { checkOrigin, limitBody } from "./request-guard";
import { appRouter } from "./root";
import { answerSubscription, subscriptionOf } from "./subscriptions";

export const endpoint = "/api/trpc";

/** The RPC face. What a stranger's page could send is refused before anything is parsed. */
export async function rpcHandler(request: Request): Promise<Response> {
	const ctx = contextFromHeaders(request.headers, new URL(request.url).searchParams);
	try {
		await checkOrigin(request, ctx);
		const followed = subscriptionOf(request, endpoint);
		if (followed) return named(answerSubscription(request, ctx, followed), ctx.requestId);
		const req = await limitBody(request);
		const response = await fetchRequestHandler({
			endpoint,
			req,
			router: appRouter,
			createContext: () => ({ ...ctx, signal: request.signal }),
			maxBatchSize: 10,
			responseMeta: ({ errors }) => {
				const waits = errors.flatMap(({ cause }) => (cause instanceof AppError ? (cause.retryAfterSeconds ?? []) : []));
				const retry = waits.length > 0 ? { "retry-after": String(Math.max(...waits)) } : {};
				return { headers: { ...limitHeaders(ctx.charges ?? []), ...retry } };
			},
		});
		return named(response, ctx.requestId);
	} catch (error) {
		return refusal(toAppError(error), ctx.requestId);
	}
}

function named(response: Response, requestId: string): Response {
	response.headers.set("x-request-id", requestId);
	response.headers.set("cache-control", "no-store");
	return response;
}

function refusal(error: AppError, requestId: string): Response {
	const shape = getTRPCErrorShape({
		config: appRouter._def._config,
		error: toTrpcError(error),
		type: "unknown",
		path: undefined,
		input: undefined,
		ctx: undefined,
	});
	const body = { error: superjson.serialize({ ...shape, data: { ...shape.data, requestId } }) };
	return Response.json(body, {
		status: errorTable[error.code].status,
		headers: { "x-request-id": requestId, "cache-control": "no-store" },
	});
}
