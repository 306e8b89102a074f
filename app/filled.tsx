import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { createTRPCClient } from "@trpc/client";
import { TRPCError } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { notFound } from "next/navigation";
import type { ReactNode } from "react";
import { ToSignIn } from "@/components/auth/to-sign-in";
import { pageCaller } from "@/server/trpc/caller";
import type { AppRouter } from "@/server/trpc/root";

type Api = Awaited<ReturnType<typeof pageCaller>>;
type Answer<T> = { kind: "read"; data: T } | { kind: "signed out" } | { kind: "failed"; error: TRPCError };

/** A call for a page. What is missing is a 404. */
export async function read<T>(work: (api: Api) => Promise<T>): Promise<Answer<T>> {
	try {
		return { kind: "read", data: await work(await pageCaller()) };
	} catch (error) {
		if (!(error instanceof TRPCError)) throw error;
		if (error.code === "UNAUTHORIZED") return { kind: "signed out" };
		if (error.code === "NOT_FOUND" || error.code === "BAD_REQUEST") notFound();
		return { kind: "failed", error };
	}
}

/** What stands behind a link from a mail; null for one that is not even whole. Anything else that fails is for the error page. */
export async function lookAt<T>(work: (api: Api) => Promise<T>): Promise<T | null> {
	try {
		return await work(await pageCaller());
	} catch (error) {
		if (error instanceof TRPCError && error.code === "BAD_REQUEST") return null;
		throw error;
	}
}

const makeKeys = (queryClient: QueryClient) =>
	createTRPCOptionsProxy<AppRouter>({ client: createTRPCClient<AppRouter>({ links: [] }), queryClient });

/**
 * Children find in their cache what the server read for them, so that the first paint has the rows. Where reading failed,
 * the browser asks again by itself and shows what it gets.
 */
export async function Filled(props: {
	fill: (api: Api, cache: QueryClient, keys: ReturnType<typeof makeKeys>) => Promise<unknown>;
	children: ReactNode;
}) {
	const cache = new QueryClient();
	const answer = await read((api) => props.fill(api, cache, makeKeys(cache)));
	if (answer.kind === "signed out") return <ToSignIn />;
	return <HydrationBoundary state={dehydrate(cache)}>{props.children}</HydrationBoundary>;
}
