"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { usePathname } from "next/navigation";
import { useCallback, useEffect, useState } from "react";
import { isOpen } from "@/components/runs/took";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import type { Failure } from "@/components/ui/failure";
import { say } from "@/components/ui/say";
import type { Branch } from "@/server/threads/contract";
import { firstTurns, growth, mostTurns } from "./first-turns";
import { changeOutbox, moveOutbox, type Queued, readOutbox, useOutbox } from "./outbox";
import { useRunFeed } from "./run-feed";
import { tellTabs, useOtherTabs } from "./thread-signal";

export const newThreadKey = "new";
export const newThreadPath = "/chat";

/** A question on its way, before the server has given it a run. */
export type Sending = {
	text: string;
	failure: Failure | null;
	/** The run that the server gave it, until the thread shows it. */
	runId: string | null;
};

const noBranches: Branch[] = [];

/** A thread with all that goes on in it: what was answered, what is being answered, what waits. */
export function useConversation(givenId: string | null, branchId: string | null = null) {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const path = usePathname();
	const [startedId, setStartedId] = useState<string | null>(null);
	// A new chat gets its thread with the first answer, and its address without leaving the page.
	const threadId = givenId ?? (path === newThreadPath ? null : startedId);
	const key = threadId ?? newThreadKey;
	const outbox = useOutbox(key);
	const [sending, setSending] = useState<Sending | null>(null);
	const [gone, setGone] = useState({ branchId, limit: firstTurns });
	const limit = gone.branchId === branchId ? gone.limit : firstTurns;
	const thread = useQuery({
		...api.threads.get.queryOptions({ threadId: threadId ?? "", ...(branchId ? { branchId } : {}), limit }),
		enabled: threadId !== null,
		// More turns of the same chat take the place of fewer, and nothing flickers meanwhile.
		placeholderData: (before) => (limit > firstTurns && before?.thread.id === threadId ? before : undefined),
		// The stream tells when a run ends; this is for a stream that never came.
		refetchInterval: (query) => (query.state.data?.runs.some(isOpen) ? 8_000 : false),
	});
	const runs = thread.data?.runs ?? [];
	const openRun = runs.findLast(isOpen) ?? null;
	const feed = useRunFeed(openRun?.id ?? null);
	const ending = feed.story.ending;

	const refresh = useCallback(
		(id: string) =>
			Promise.all([
				cache.invalidateQueries(api.threads.get.queryFilter({ threadId: id, ...(branchId ? { branchId } : {}) })),
				cache.invalidateQueries(api.threads.list.pathFilter()),
			]),
		[api, cache, branchId],
	);
	useOtherTabs(useCallback((id: string) => void (id === threadId && refresh(id)), [threadId, refresh]));

	const start = useMutation({
		mutationFn: (text: string) => {
			const { agentId, collectionIds } = readOutbox(key);
			return client.runs.start.mutate({
				question: text,
				threadId: threadId ?? undefined,
				branchId: branchId ?? undefined,
				agentId: agentId ?? undefined,
				collectionIds: collectionIds.length > 0 ? collectionIds : undefined,
			});
		},
		onMutate: (text) => setSending({ text, failure: null, runId: null }),
		onError: (error, text) => {
			setSending({ text, failure: toFailure(error), runId: null });
			changeOutbox(key, () => ({ isHeld: true }));
		},
		onSuccess: async (started, text) => {
			setSending({ text, failure: null, runId: started.runId });
			if (threadId === null) {
				await cache.prefetchQuery(api.threads.get.queryOptions({ threadId: started.threadId, limit: firstTurns }));
				moveOutbox(newThreadKey, started.threadId);
				setStartedId(started.threadId);
				window.history.replaceState(null, "", `${newThreadPath}/${started.threadId}`);
			}
			await refresh(started.threadId);
			setSending(null);
			tellTabs(started.threadId);
		},
	});
	const stopping = useMutation({
		mutationFn: (runId: string) => client.runs.stop.mutate({ runId }),
		onError: (error) => say(toFailure(error).message, "failed"),
		onSettled: () => threadId && refresh(threadId),
	});

	const isBusy = openRun !== null || (sending !== null && sending.failure === null);
	const endedRunId = ending && openRun ? openRun.id : null;
	const isWell = ending?.state === "succeeded";
	useEffect(() => {
		if (!endedRunId || !threadId) return;
		if (!isWell) changeOutbox(threadId, (box) => ({ isHeld: box.queue.length > 0 && !box.isNow }));
		void refresh(threadId);
		// Where the network was cut just then nobody would look for seconds, and the page would be busy with what has ended.
		const filter = api.threads.get.queryFilter({ threadId });
		const again = setInterval(() => void cache.refetchQueries(filter, { cancelRefetch: false }), 1_500);
		return () => clearInterval(again);
	}, [endedRunId, isWell, threadId, refresh, api, cache]);

	const { mutate: startNow } = start;
	const next = outbox.queue[0];
	const isKnown = threadId === null || thread.data !== undefined;
	const mayDrain = !isBusy && !outbox.isHeld && next !== undefined && isKnown;
	useEffect(() => {
		if (!mayDrain || !next) return;
		changeOutbox(key, (box) => ({ queue: box.queue.filter((queued) => queued.id !== next.id), isNow: false }));
		startNow(next.text);
	}, [mayDrain, next, key, startNow]);

	const stop = () => openRun && stopping.mutate(openRun.id);
	return {
		threadId,
		thread: thread.data?.thread ?? null,
		failure: thread.error && !thread.data ? toFailure(thread.error) : null,
		retry: () => void thread.refetch(),
		runs,
		hasOlder: (thread.data?.hasOlder ?? false) && limit < mostTurns,
		isFirstScreen: limit === firstTurns,
		isGoingUp: thread.isPlaceholderData,
		goUp: () => setGone({ branchId, limit: Math.min(limit * growth, mostTurns) }),
		branches: thread.data?.branches ?? noBranches,
		openRun,
		feed,
		outbox,
		key,
		sending: sending && runs.some(({ id }) => id === sending.runId) ? null : sending,
		isBusy,
		isStopping: stopping.isPending,
		/** Sends at once where nothing goes on; else it waits its turn. */
		send: (text: string) => {
			changeOutbox(key, (box) => ({ draft: "", isHeld: false, queue: [...box.queue, newQueued(text)] }));
		},
		/** Ends what goes on and sends this one. */
		sendNow: (queued: Queued) => {
			changeOutbox(key, (box) => ({
				isHeld: false,
				isNow: true,
				queue: [queued, ...box.queue.filter((one) => one.id !== queued.id)],
			}));
			stop();
		},
		stop: () => {
			changeOutbox(key, (box) => ({ isHeld: box.queue.length > 0 }));
			stop();
		},
		discardFailed: () => setSending(null),
		/** Puts a question that was refused back to where it can be changed. */
		takeBack: () => {
			const text = sending?.text ?? "";
			changeOutbox(key, (box) => ({ draft: box.draft ? `${text}\n\n${box.draft}` : text }));
			setSending(null);
		},
		sendAgain: (text: string) => {
			changeOutbox(key, () => ({ isHeld: false }));
			startNow(text);
		},
	};
}
export type Conversation = ReturnType<typeof useConversation>;

export const newQueued = (text: string): Queued => ({ id: crypto.randomUUID(), text });
