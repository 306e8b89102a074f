import {
	createTRPCClient,
	httpBatchStreamLink,
	httpLink,
	httpSubscriptionLink,
	isNonJsonSerializable,
	splitLink,
	type TRPCClient,
} from "@trpc/client";
import type { AppRouter } from "@/server/trpc/root";
import { proofLink } from "./proof";
import { transformer } from "./wire";

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
				true: httpSubscriptionLink({ url, transformer }),
				false: splitLink({
					condition: (op) => isNonJsonSerializable(op.input),
					true: httpLink({ url, transformer, headers: csrfHeaders }),
					false: httpBatchStreamLink({ url, transformer, headers: csrfHeaders, maxItems: 10 }),
				}),
			}),
		],
	});
