import type { TRPCClientRuntime, TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { useSyncExternalStore } from "react";
import type { AppRouter } from "@/server/trpc/root";
import { toFailure } from "./failure";

/** The question that stands open: whoever waits for its answer. */
let waiting: ((isProved: boolean) => void)[] = [];
let isAnswerable = false;
const listeners = new Set<() => void>();
const tell = () => {
	for (const listener of listeners) listener();
};

/** Resolves to whether the person proved who they are. All who ask meanwhile get the same answer. */
export function askProof(): Promise<boolean> {
	if (!isAnswerable) return Promise.resolve(false);
	return new Promise((resolve) => {
		waiting = [...waiting, resolve];
		tell();
	});
}

export function answerProof(isProved: boolean): void {
	const all = waiting;
	waiting = [];
	tell();
	for (const resolve of all) resolve(isProved);
}

// One and the same function: a new one at each render would be taken for another store, and end the question.
const subscribe = (listener: () => void) => {
	listeners.add(listener);
	isAnswerable = true;
	return () => {
		listeners.delete(listener);
		isAnswerable = listeners.size > 0;
		if (!isAnswerable) answerProof(false);
	};
};
const isAsked = () => waiting.length > 0;

/** Whether a proof is asked for. Who calls it shows the question. */
export const useProofAsked = (): boolean => useSyncExternalStore(subscribe, isAsked, () => false);

/** A call that is refused for want of a proof waits for one and is sent again: nothing that was typed is lost. */
export const proofLink: TRPCLink<AppRouter> = (_runtime: TRPCClientRuntime) => {
	return ({ next, op }) =>
		observable((observer) => {
			const send = (mayAsk: boolean) =>
				next(op).subscribe({
					next: (value) => observer.next(value),
					complete: () => observer.complete(),
					error: (error) => {
						if (!mayAsk || toFailure(error).code !== "PROOF_NEEDED") return observer.error(error);
						void askProof().then((isProved) => {
							if (isProved) current = send(false);
							else observer.error(error);
						});
					},
				});
			let current = send(op.type === "mutation" || op.type === "query");
			return () => current.unsubscribe();
		});
};
