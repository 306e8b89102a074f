"use client";

import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { followStream } from "@/components/trpc/follow-stream";
import type { ApprovalsChange } from "@/server/approvals/contract";

/** Reads what is shown of approvals anew whenever something was asked for or decided. */
export function useLiveApprovals(): void {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	useEffect(
		() =>
			followStream<ApprovalsChange>({
				open: (lastEventId, handlers) => client.approvals.watch.subscribe({ lastEventId }, handlers),
				after: null,
				onEvent: () => void cache.invalidateQueries(api.approvals.pathFilter()),
				onLink: () => {},
				onRefused: () => {},
				isDone: () => false,
				probe: () => client.auth.me.query({}),
			}),
		[api, client, cache],
	);
}
