"use client";

import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "@/server/trpc/root";
import { makeApi } from "./api";
import { toFailure } from "./failure";
import { reportSessionOver } from "./session-over";

const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();
/** Typed query keys and options. */
export const useApi = useTRPC;
/** The client itself, for calls and streams. */
export const useClient = useTRPCClient;

const noteSession = (error: unknown) => {
	if (toFailure(error).isSessionOver) reportSessionOver();
};

const makeQueryClient = () =>
	new QueryClient({
		queryCache: new QueryCache({ onError: noteSession }),
		mutationCache: new MutationCache({ onError: noteSession }),
		defaultOptions: {
			queries: {
				staleTime: 5_000,
				// What the caller did wrong stays wrong; the rest gets two more tries.
				retry: (count, error) => count < 2 && toFailure(error).mayPass,
				retryDelay: (count) => Math.min(400 * 2 ** count, 3_000),
			},
		},
	});

export function ApiProvider({ children }: { children: ReactNode }) {
	const [queryClient] = useState(makeQueryClient);
	const [trpcClient] = useState(makeApi);
	return (
		<QueryClientProvider client={queryClient}>
			<TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
				{children}
			</TRPCProvider>
		</QueryClientProvider>
	);
}
