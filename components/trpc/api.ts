import {
	createTRPCClient,
	httpBatchStreamLink,
	httpLink,
	httpSubscriptionLink,
	isNonJsonSerializable,
	splitLink,
	type TRPCClient,
} from "@trpc/client";
import superjson from "superjson";
import type { AppRouter } from "@/server/trpc/root";
import { proofLink } from "./proof";

const url = "/api/trpc";
/** A foreign page can't send this header without asking first, and the server answers no. */
export const csrfHeaders = { "x-qd-csrf": "1" };

export type ApiClient = TRPCClient<AppRouter>;

export const makeApi = (): ApiClient =>
	createTRPCClient<AppRouter>({
		links: [
			proofLink,
			splitLink({
				condition: (op) => op.type === "subscription",
				true: httpSubscriptionLink({ url, transformer: superjson }),
				false: splitLink({
					condition: (op) => isNonJsonSerializable(op.input),
					true: httpLink({ url, transformer: superjson, headers: csrfHeaders }),
					false: httpBatchStreamLink({ url, transformer: superjson, headers: csrfHeaders, maxItems: 10 }),
				}),
			}),
		],
	});
