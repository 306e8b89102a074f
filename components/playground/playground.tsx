"use client";

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useApi, useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { ErrorView } from "@/components/ui/error-view";
import type { Failure } from "@/components/ui/failure";
import { ReadPage } from "@/components/ui/page";
import { useUrl } from "@/components/ui/use-url";
import type { Bench } from "@/server/playground/contract";
import { benchOf, freshBench, loaded, withWindow } from "./bench-state";
import { BenchView } from "./bench-view";

const noInput = {};
const settleMs = 600;

/** Texts and models side by side. What stands in it is there again after a reload. */
export function Playground() {
	const api = useApi();
	const kept = useQuery({ ...api.playground.get.queryOptions(noInput), staleTime: Number.POSITIVE_INFINITY });
	if (!kept.data)
		return (
			<ReadPage>
				{kept.error ? <ErrorView failure={toFailure(kept.error)} retry={() => void kept.refetch()} /> : null}
			</ReadPage>
		);
	return <Begun kept={kept.data.bench} />;
}

/** Takes in what the address names, a prompt or a run, once. */
function Begun({ kept }: { kept: Bench | null }) {
	const client = useClient();
	const url = useUrl();
	const [bench, setBench] = useState<Bench>(() => kept ?? freshBench());
	const [failure, setFailure] = useState<Failure | null>(null);
	const promptId = url.get("prompt");
	const runId = url.get("run");
	const model = url.get("model");
	const { set } = url;
	useEffect(() => {
		if (!promptId && !runId) return;
		let isGone = false;
		const bring = async () => {
			if (runId) {
				const begun = benchOf(await client.playground.fromRun.query({ runId }));
				return model ? withWindow(begun, "w0", { model }) : begun;
			}
			const history = await client.prompts.get.query({ promptId: promptId ?? "" });
			return loaded(freshBench(), "w0", history);
		};
		bring()
			.then((brought) => {
				if (!isGone) setBench(brought);
			})
			.catch((error: unknown) => {
				if (!isGone) setFailure(toFailure(error));
			})
			.finally(() => {
				if (!isGone) set({ prompt: null, run: null, model: null });
			});
		return () => {
			isGone = true;
		};
	}, [client, promptId, runId, model, set]);
	const problem = useKept(bench, kept);
	return <BenchView bench={bench} failure={failure ?? problem} onChange={setBench} />;
}

/** Keeps what stands there once the typing rests, and when one leaves. Answers why it could not. */
function useKept(bench: Bench, kept: Bench | null): Failure | null {
	const api = useApi();
	const client = useClient();
	const cache = useQueryClient();
	const [problem, setProblem] = useState<Failure | null>(null);
	const last = useRef(kept);
	const save = useRef(() => {});
	useEffect(() => {
		save.current = () => {
			if (JSON.stringify(last.current) === JSON.stringify(bench)) return;
			last.current = bench;
			cache.setQueryData(api.playground.get.queryKey(noInput), { bench });
			client.playground.keep
				.mutate({ bench })
				.then(() => setProblem(null))
				.catch((error: unknown) => setProblem(toFailure(error)));
		};
		const timer = setTimeout(() => save.current(), settleMs);
		return () => clearTimeout(timer);
	}, [api, bench, cache, client]);
	useEffect(() => {
		const leave = () => save.current();
		window.addEventListener("pagehide", leave);
		return () => {
			window.removeEventListener("pagehide", leave);
			leave();
		};
	}, []);
	return problem;
}
