import { useCallback, useEffect, useRef, useState } from "react";
import { useClient } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import type { Failure } from "@/components/ui/failure";
import type { StartTrial, TrialEvent } from "@/server/playground/contract";

export type Ended = Extract<TrialEvent, { type: "ended" }>;
export type Answer = {
	text: string;
	model: string | null;
	isRunning: boolean;
	/** Null while it runs, and where nobody waited for its end. */
	ended: Ended | null;
	failure: Failure | null;
};
const begun: Answer = { text: "", model: null, isRunning: true, ended: null, failure: null };

/** The answers of all windows. Whoever leaves the page stops them all. */
export function useTrials() {
	const client = useClient();
	const [answers, setAnswers] = useState<Record<string, Answer>>({});
	const open = useRef(new Map<string, () => void>());
	const change = useCallback(
		(id: string, to: (answer: Answer) => Answer) => setAnswers((all) => ({ ...all, [id]: to(all[id] ?? begun) })),
		[],
	);
	useEffect(() => {
		const all = open.current;
		return () => {
			for (const leave of all.values()) leave();
		};
	}, []);

	const stop = useCallback(
		(id: string) => {
			open.current.get(id)?.();
			if (open.current.delete(id)) change(id, (answer) => ({ ...answer, isRunning: false }));
		},
		[change],
	);

	const run = useCallback(
		async (id: string, input: StartTrial) => {
			stop(id);
			let isLeft = false;
			const leave = () => {
				isLeft = true;
			};
			open.current.set(id, leave);
			change(id, () => begun);
			const over = (to: Partial<Answer>) => {
				if (isLeft) return;
				open.current.get(id)?.();
				open.current.delete(id);
				change(id, (answer) => ({ ...answer, isRunning: false, ...to }));
			};
			try {
				const { trialId, model } = await client.playground.start.mutate(input);
				// Nobody follows it any more: its budget comes back by itself.
				if (isLeft) return;
				change(id, (answer) => ({ ...answer, model }));
				const stream = client.playground.follow.subscribe(
					{ trialId },
					{
						onData: ({ data }) => {
							if (isLeft) return;
							if (data.type === "said") change(id, (answer) => ({ ...answer, text: answer.text + data.text }));
							else over({ ended: data });
						},
						onError: (error) => over({ failure: toFailure(error) }),
					},
				);
				open.current.set(id, () => {
					isLeft = true;
					stream.unsubscribe();
				});
			} catch (error) {
				over({ failure: toFailure(error) });
			}
		},
		[change, client, stop],
	);
	return { answers, run, stop };
}
