import { type Stop, stopFor, stopTexts } from "@/server/core/stops";
import { type ChatModel, ModelFailure } from "@/server/models/model";
import type { ClaimedRun } from "./lease";

/** The stop that ends this run; one of a tool or a model ends no run, but the next call of it. */
export const haltOf = ({ agent, user }: Pick<ClaimedRun, "agent" | "user">, stops: readonly Stop[]): Stop | undefined =>
	stopFor(stops, { agent: agent.id, user: user.id });

/** The model, which says no more from the moment that it is stopped. */
export function unlessStopped(model: ChatModel, stops: () => readonly Stop[]): ChatModel {
	const expectGoing = () => {
		const stop = stopFor(stops(), { model: model.name });
		if (stop) throw new ModelFailure(stopTexts[stop.kind]);
	};
	return {
		...model,
		answer: async function* (messages, signal, tools, options) {
			expectGoing();
			// What was begun is ended with its reader, also the provider's request.
			const over = new AbortController();
			const pieces = model.answer(messages, AbortSignal.any([signal, over.signal]), tools, options);
			try {
				for (;;) {
					const piece = await pieces.next();
					if (piece.done) return piece.value;
					expectGoing();
					yield piece.value;
				}
			} finally {
				over.abort();
			}
		},
	};
}
