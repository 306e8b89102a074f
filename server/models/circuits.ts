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
/** What failed longer ago than this is no longer counted with what fails now. */
const forgetMs = 10 * 60_000;
/** What waiting alone does not mend rests at once. */
const lasting: ReadonlySet<FailureReason> = new Set(["key", "unknown"]);
/** What tells of the model, and not of the question. */
const telling: ReadonlySet<FailureReason> = new Set([
	...["busy", "failed", "key", "unknown", "unreachable", "slow", "silent", "broken", "garbage"],
] as FailureReason[]);

type State = { failures: number; times: number; openUntil: number; closedAt: number };

/** Which models rest: what this process saw, and what others told through the database. Failures count together, whoever saw them. */
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

	answered({ key, circuit }: KnownModel): void {
		const own = this.states.get(key);
		const isToldOf = circuit !== null && circuit.at > (own?.closedAt ?? 0);
		const hasRow = (own?.failures ?? 0) > 0 || (own?.times ?? 0) > 0 || isToldOf;
		if (!own && !hasRow) return;
		this.states.set(key, { failures: 0, times: 0, openUntil: 0, closedAt: Date.now() });
		if (hasRow) this.write(sql`delete from model_circuits where model_key = ${key}`);
	}

	failed(model: KnownModel, failure: ModelFailure): void {
		const { reason, retryAfterMs } = failure;
		if (!telling.has(reason)) return;
		const { key } = model;
		const own = this.states.get(key) ?? { failures: 0, times: 0, openUntil: 0, closedAt: 0 };
		const failures = own.failures + 1;
		const isFull = failures >= mostFailures || lasting.has(reason) || (retryAfterMs ?? 0) > 0 || own.times > 0;
		if (own.openUntil > Date.now()) {
			this.states.set(key, { ...own, failures });
			return;
		}
		if (isFull) {
			this.open(key, { ...own, failures }, failure);
			return;
		}
		this.states.set(key, { ...own, failures });
		// Others failed with it too: together they are enough.
		void this.count(key, reason).then((all) => {
			const now = this.states.get(key);
			if (all >= mostFailures && now && now.failures > 0 && now.openUntil <= Date.now()) this.open(key, now, failure);
		}, this.onProblem);
	}

	/** One more in the row that all processes share; answers how many there are. An old one is none of this row. */
	private async count(key: string, reason: FailureReason): Promise<number> {
		const [row] = await this.db.orm
			.insert(modelCircuits)
			.values({ modelKey: key, times: 0, failures: 1, reason, openUntil: sql`now()` })
			.onConflictDoUpdate({
				target: modelCircuits.modelKey,
				set: {
					reason,
					updatedAt: sql`now()`,
					failures: sql`case when ${modelCircuits.updatedAt} > now() - ${forgetMs} * interval '1 millisecond'
						then ${modelCircuits.failures} else 0 end + 1`,
				},
			})
			.returning({ failures: modelCircuits.failures });
		return row?.failures ?? 0;
	}

	private open(key: string, own: State, { reason, retryAfterMs }: ModelFailure): void {
		const times = own.times + 1;
		const rest = Math.min(longestMs, Math.max(retryAfterMs ?? 0, shortestMs * 2 ** Math.min(times - 1, 8)));
		// A provider that names a time is asked again then.
		const ms = retryAfterMs ? Math.min(longestMs, retryAfterMs) : rest;
		this.states.set(key, { ...own, times, openUntil: Date.now() + ms });
		const { failures } = own;
		const row = { modelKey: key, times, failures, reason, openUntil: sql`now() + ${ms} * interval '1 millisecond'` };
		const { modelKey: _, failures: __, ...set } = row;
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
