import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { modelCircuits } from "@/db/schema";
import { type KnownModel, modelsChannel } from "./catalogue";
import type { FailureReason } from "./contract/reasons";
import type { ModelFailure } from "./model";

/** After so many failures in a row a model rests. */
const mostFailures = 5;
const shortestMs = 15_000;
const longestMs = 5 * 60_000;
/** What waiting alone does not mend rests at once. */
const lasting: ReadonlySet<FailureReason> = new Set(["key", "unknown"]);
/** What tells of the model, and not of the question. */
const telling: ReadonlySet<FailureReason> = new Set([
	...["busy", "failed", "key", "unknown", "unreachable", "slow", "silent", "broken", "garbage"],
] as FailureReason[]);

type State = { failures: number; times: number; openUntil: number; closedAt: number };

/** Which models rest: what this process saw, and what others told through the database. */
export class Circuits {
	private readonly states = new Map<string, State>();
	constructor(
		private readonly db: Database,
		private readonly onProblem: (error: unknown) => void,
	) {}

	/** When it may be asked again, in ms since 1970; 0 where it does not rest. */
	openUntil({ key, circuit }: KnownModel): number {
		const own = this.states.get(key);
		const others = circuit && circuit.at > (own?.closedAt ?? 0) ? circuit.openUntil : 0;
		const until = Math.max(own?.openUntil ?? 0, others);
		return until > Date.now() ? until : 0;
	}

	answered(model: KnownModel): void {
		const { key } = model;
		const own = this.states.get(key);
		const wasOpen = (own?.times ?? 0) > 0 || model.circuit !== null;
		if (!own && !wasOpen) return;
		this.states.set(key, { failures: 0, times: 0, openUntil: 0, closedAt: Date.now() });
		if (wasOpen) this.write(sql`delete from model_circuits where model_key = ${key}`);
	}

	failed(model: KnownModel, { reason, retryAfterMs }: ModelFailure): void {
		if (!telling.has(reason)) return;
		const { key } = model;
		const own = this.states.get(key) ?? { failures: 0, times: 0, openUntil: 0, closedAt: 0 };
		const failures = own.failures + 1;
		const isFull = failures >= mostFailures || lasting.has(reason) || (retryAfterMs ?? 0) > 0 || own.times > 0;
		if (!isFull || own.openUntil > Date.now()) {
			this.states.set(key, { ...own, failures });
			return;
		}
		const times = own.times + 1;
		const rest = Math.min(longestMs, Math.max(retryAfterMs ?? 0, shortestMs * 2 ** Math.min(times - 1, 8)));
		// A provider that names a time is asked again then.
		const ms = retryAfterMs ? Math.min(longestMs, retryAfterMs) : rest;
		this.states.set(key, { ...own, failures, times, openUntil: Date.now() + ms });
		const row = { modelKey: key, times, reason, openUntil: sql`now() + ${ms} * interval '1 millisecond'` };
		const { modelKey: _, ...set } = row;
		void this.db.orm
			.insert(modelCircuits)
			.values(row)
			.onConflictDoUpdate({ target: modelCircuits.modelKey, set: { ...set, updatedAt: sql`now()` } })
			.then(() => this.db.orm.execute(sql`select pg_notify(${modelsChannel}, '')`))
			.catch(this.onProblem);
	}

	private write(statement: ReturnType<typeof sql>): void {
		void this.db.orm
			.execute(statement)
			.then(() => this.db.orm.execute(sql`select pg_notify(${modelsChannel}, '')`))
			.catch(this.onProblem);
	}
}
