import { setTimeout as sleep } from "node:timers/promises";
import { log } from "@/server/core/log";
import { StoreAway } from "../store";

export type CallLimits = {
	retries: number;
	/** The wait before the first retry; doubles with each, and varies by half. */
	backoffMs: number;
	/** So many calls failing one after the other open the circuit: for so long nobody waits for what does not answer. */
	failuresToOpen: number;
	openMs: number;
};
export const callLimits: CallLimits = { retries: 2, backoffMs: 100, failuresToOpen: 5, openMs: 10_000 };

/** What would fail again the same way: our own request is wrong. */
const isOurs = (error: unknown): boolean =>
	typeof error === "object" &&
	error !== null &&
	"status" in error &&
	typeof error.status === "number" &&
	error.status >= 400 &&
	error.status < 500 &&
	error.status !== 408 &&
	error.status !== 429;

/** Calls to one server, each of them safe to repeat. Whoever asks while it is known to be away is told so at once. */
export class Calls {
	private failures = 0;
	private openUntil = 0;

	constructor(
		private readonly name: string,
		private readonly limits: CallLimits = callLimits,
	) {}

	async call<T>(what: string, work: () => Promise<T>): Promise<T> {
		if (performance.now() < this.openUntil) throw new StoreAway(`${this.name} was away a moment ago`);
		for (let attempt = 0; ; attempt++) {
			try {
				const answer = await work();
				this.failures = 0;
				return answer;
			} catch (error) {
				if (isOurs(error)) throw error;
				if (attempt < this.limits.retries) {
					await sleep(this.limits.backoffMs * 2 ** attempt * (0.5 + Math.random()));
					continue;
				}
				this.fail(what, error);
				throw new StoreAway(`${this.name} did not ${what}`, { cause: error });
			}
		}
	}

	private fail(what: string, error: unknown): void {
		if (++this.failures < this.limits.failuresToOpen) return;
		this.failures = 0;
		this.openUntil = performance.now() + this.limits.openMs;
		log.warn({ err: error, what }, `${this.name} is away`);
	}
}
