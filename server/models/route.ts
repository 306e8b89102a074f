import { randomUUID } from "node:crypto";
import type { Database } from "@/db/connection";
import { noteSpan } from "@/server/core/spans";
import type { CallLog, CallRow } from "./call-log";
import {
	type Catalogue,
	catalogueNow,
	type KnownModel,
	type KnownRoute,
	providerOf,
	type RouteStep,
} from "./catalogue";
import type { Circuits } from "./circuits";
import { type Needs, needsOf, unfitFor } from "./conditions";
import type { Hop } from "./contract/hops";
import { awayBecause } from "./contract/reasons";
import { holdHop } from "./hold-hop";
import {
	type AnswerOptions,
	addUsage,
	type ChatModel,
	type ModelEnd,
	ModelFailure,
	maxAnswerTokens,
	noUsage,
	type Usage,
} from "./model";
import { describeFailure } from "./model-failure";
import { callSpan, Listener } from "./model-span";
import { costOf, worstCost } from "./prices";
import { type Asked, askAgain, modelLimits, noProgress, nothingMore, type Progress, usageOf } from "./provider";

/** What one model of a route is asked with, before it is asked. */
export type NextHop = {
	model: KnownModel;
	/** What it may cost at most; null where it has no price. */
	worstMicros: number | null;
	/** What it may take at most, with what this call has taken already. */
	mostTokens: number;
	/** Nothing was asked yet in this call: what was held back for it holds. */
	isFirst: boolean;
};

/** For whom a route is asked, and who has a say in it. */
export type Asker = {
	who: Pick<CallRow, "runId" | "userId" | "keyId" | "agentId">;
	/** Throws a ModelFailure where this model may not be asked now. Asked before each hop, and `true` again with each piece. */
	expectGoing: (model: KnownModel) => void;
	/** Throws a ModelFailure where it may not be paid, and where that can't be found out. */
	expectPaid: (hop: NextHop) => Promise<void>;
	onHop: (hop: Hop) => void;
};

export type RouteDeps = { db: Database; circuits: Circuits; calls: CallLog };

/** Longest that a provider which names a time is waited for, where another model may answer. */
const shortWaitMs = 1_500;

/**
 * A route as a model: its models are asked in their order until one answers, all within one deadline. `find` says which route
 * that is at the moment of the call.
 */
export function routeModel(
	deps: RouteDeps,
	{
		name,
		sees,
		find,
		contextTokens,
	}: {
		name: string;
		sees?: boolean;
		find: (catalogue: Catalogue) => KnownRoute | null;
		contextTokens?: number | undefined;
	},
	asker: Asker,
): ChatModel {
	return {
		name,
		sees: sees ?? false,
		...(contextTokens ? { contextTokens } : {}),
		answer: async function* (messages, signal, tools = [], options = {}) {
			// Where it can't be looked up what is set up, nothing is asked.
			const catalogue = await catalogueNow(deps.db);
			const route = find(catalogue);
			if (!route) throw new ModelFailure(`This installation has no model or route named ${name} any more.`);
			const { mostTokens, temperature } = options;
			const asked = { messages, tools, mostTokens, temperature };
			return yield* new Walk({ ...deps, budgets: catalogue.budgets }, route, asker, asked, signal, options).go();
		},
	};
}

/** Made once: an error takes its time to be made, and nobody hears this one. */
const isOver = new DOMException("The call is over", "AbortError");

type Passed = { model: KnownModel; failure: ModelFailure };

class Walk {
	private readonly deadline: number;
	private readonly needs: Needs;
	private readonly passed: Passed[] = [];
	private taken: Usage = noUsage;
	private isEstimated = false;
	private hasAsked = false;
	private number = 0;
	/** The next call's id, and whether something is held back for it. */
	private held = { callId: "", isHeld: false };
	constructor(
		private readonly deps: RouteDeps & Pick<Catalogue, "budgets">,
		private readonly route: KnownRoute,
		private readonly asker: Asker,
		private readonly asked: Asked,
		private readonly signal: AbortSignal,
		private readonly options: AnswerOptions,
	) {
		this.deadline = performance.now() + route.totalMs;
		this.needs = needsOf(asked);
	}

	async *go(): AsyncGenerator<string, ModelEnd> {
		const { circuits } = this.deps;
		const { steps } = this.route;
		const resting = new Set(steps.filter(({ model }) => circuits.openUntil(model) > 0));
		const hasOthers = resting.size < steps.length;
		for (const [at, step] of steps.entries()) {
			if (hasOthers && resting.has(step))
				this.skip(step, new ModelFailure("It was not asked: it rests after failures.", { reason: "resting" }));
			else if (await this.isFit(step)) {
				const isLast = steps.slice(at + 1).every((one) => hasOthers && resting.has(one));
				const retries = resting.has(step) ? 0 : isLast ? modelLimits.retries : 1;
				const end = yield* this.hop(step, { isLast, retries });
				if (end) return end;
			}
		}
		// Where none of the others could be asked, those that rest are tried all the same, without patience.
		if (!this.hasAsked && hasOthers)
			for (const step of resting)
				if (await this.isFit(step)) {
					const end = yield* this.hop(step, { isLast: true, retries: 0 });
					if (end) return end;
				}
		throw this.allAway();
	}

	/** Conditions, stops, budget: asked again for each hop, right before it. */
	private async isFit(step: RouteStep): Promise<boolean> {
		const { model } = step;
		try {
			if (performance.now() >= this.deadline)
				throw new ModelFailure("There was no time left to ask it.", { reason: "late" });
			const unfit = unfitFor(step, this.route, this.needs);
			if (unfit) throw unfit;
			this.asker.expectGoing(model);
			await this.asker.expectPaid({
				model,
				worstMicros: worstCost(model.price, this.needs.inputTokens),
				mostTokens: this.taken.inputTokens + this.taken.outputTokens + this.needs.inputTokens + maxAnswerTokens,
				isFirst: !this.hasAsked,
			});
			this.held = await holdHop(this.deps, {
				who: this.asker.who,
				model,
				inputTokens: this.needs.inputTokens,
				mostTokens: this.asked.mostTokens,
				totalMs: this.route.totalMs,
			});
			return true;
		} catch (error) {
			this.signal.throwIfAborted();
			if (!(error instanceof ModelFailure)) throw error;
			this.skip(step, error);
			return false;
		}
	}

	private skip({ model }: RouteStep, failure: ModelFailure): void {
		this.number += 1;
		this.passed.push({ model, failure });
		noteSpan({ kind: "model", name: model.name }, performance.now(), {
			...{ status: "skipped", errorCode: failure.reason, modelAsked: this.route.name, model: model.name },
			...{ connection: model.connection.name, hop: this.number },
		});
		this.asker.onHop({
			...hopOf(model, { outcome: "skipped", failure, ms: 0, firstTokenMs: null }),
			...{ inputTokens: 0, outputTokens: 0, costMicros: null, isEstimated: false },
		});
	}

	/** Asks one model. Null where it failed and the next may be asked. */
	private async *hop(
		{ model }: RouteStep,
		{ isLast, retries }: { isLast: boolean; retries: number },
	): AsyncGenerator<string, ModelEnd | null> {
		const { circuits } = this.deps;
		const progress = noProgress();
		const heard = new Listener(this.asked);
		const started = performance.now();
		this.number += 1;
		this.hasAsked = true;
		// What was begun is ended with its reader, also the provider's request.
		const over = new AbortController();
		const signal = AbortSignal.any([this.signal, over.signal]);
		let end: ModelEnd | null = null;
		let failure: ModelFailure | null = null;
		let giveBack: (() => void) | null = null;
		let pieces: AsyncGenerator<string, ModelEnd> | null = null;
		try {
			const { provider, slots } = providerOf(model);
			const left = this.deadline - started;
			const limits = { ...modelLimits, ...model.connection.limits, retries };
			giveBack = await slots.take(signal, Math.min(limits.firstTokenMs, left));
			const totalMs = Math.min(limits.totalMs, this.deadline - performance.now());
			const longestWaitMs = isLast ? Number.POSITIVE_INFINITY : shortWaitMs;
			const isWeighed = model.capabilities?.includes("logprobs") ?? false;
			pieces = askAgain(provider, isWeighed ? { ...this.asked, isWeighed } : this.asked, {
				signal,
				limits: { ...limits, totalMs },
				progress,
				longestWaitMs,
			});
			for (;;) {
				const piece = await pieces.next();
				if (piece.done) {
					end = piece.value;
					break;
				}
				this.asker.expectGoing(model);
				heard.add(piece.value);
				yield piece.value;
			}
			circuits.answered(model);
		} catch (error) {
			this.signal.throwIfAborted();
			failure = describeFailure(error);
			circuits.failed(model, failure);
		} finally {
			over.abort(isOver);
			await pieces?.return(nothingMore).catch(() => {});
			giveBack?.();
			this.account(model, { end, failure, progress, started, heard });
		}
		if (end) {
			const usage = addUsage(this.taken, noUsage);
			return { ...end, usage, by: model.name, ...(this.isEstimated ? { isEstimated: true } : {}) };
		}
		if (failure) this.passed.push({ model, failure });
		if (failure && progress.chars > 0) this.startOver(model, failure, isLast);
		return null;
	}

	/** What was said already stays before everyone's eyes, marked as taken back; where nobody is told, it ends here. */
	private startOver(model: KnownModel, failure: ModelFailure, isLast: boolean): void {
		if (isLast || !this.options.onRestart)
			throw new ModelFailure(failure.message, { ...aboutOf(failure), usage: this.taken });
		this.options.onRestart(
			`${model.name} broke off (${awayBecause(failure)}): another model answers from the beginning.`,
		);
	}

	/** Writes down what a hop took, once, however it ended: a provider bills a cancelled stream too. */
	private account(
		model: KnownModel,
		{
			end,
			failure,
			progress,
			started,
			heard,
		}: {
			end: ModelEnd | null;
			failure: ModelFailure | null;
			progress: Progress;
			started: number;
			heard: Listener;
		},
	): void {
		const wasRefused = failure !== null && progress.chars === 0 && Object.keys(progress.usage).length === 0;
		const told = wasRefused ? { usage: noUsage, isEstimated: false } : usageOf(this.asked, progress);
		const { usage } = end ?? told;
		const isEstimated = end ? (end.isEstimated ?? false) : told.isEstimated;
		const outcome = end ? "answered" : failure ? "failed" : "cancelled";
		const costMicros = costOf(model.price, usage);
		const currency = costMicros === null ? null : (model.price?.currency ?? null);
		const ms = Math.round(performance.now() - started);
		const { firstTokenMs } = progress;
		this.taken = addUsage(this.taken, usage);
		this.isEstimated ||= isEstimated;
		const { inputTokens, outputTokens, cachedTokens = 0 } = usage;
		this.asker.onHop({
			...hopOf(model, { outcome, failure, ms, firstTokenMs }),
			...{ inputTokens, outputTokens, costMicros, isEstimated },
			...(costMicros === null ? {} : { currency }),
		});
		const call: CallRow = {
			id: this.held.callId || randomUUID(),
			createdAt: new Date(),
			...this.asker.who,
			modelKey: model.key,
			model: model.name,
			connection: model.connection.name,
			route: this.route.name,
			hop: this.number,
			outcome,
			reason: failure?.reason ?? null,
			status: failure?.status ?? null,
			...{ inputTokens, outputTokens, cachedTokens, isEstimated, costMicros },
			currency,
			firstTokenMs,
			ms,
		};
		noteSpan(...callSpan(call, { model, started, content: heard.content(end) }));
		this.deps.calls.add(call, this.held.isHeld);
	}

	private allAway(): ModelFailure {
		const [first, ...others] = this.passed;
		const usage = this.taken.inputTokens + this.taken.outputTokens > 0 ? { usage: this.taken } : {};
		if (!first) return new ModelFailure("This route has no models yet.", usage);
		const last = this.passed.findLast(wasAsked) ?? first;
		if (others.length === 0) return new ModelFailure(last.failure.message, { ...aboutOf(last.failure), ...usage });
		const each = this.passed.map(({ model, failure }) => `${model.name} (${awayBecause(failure)})`).join(", ");
		// Which limit it was, when it begins anew and who can raise it.
		const met = this.passed.find(({ failure }) => failure.reason === "budget");
		const why = met ? ` ${met.failure.message}` : "";
		const about = aboutOf(last.failure);
		return new ModelFailure(`No model of this route answered: ${each}.${why}`, {
			...about,
			...usage,
			cause: met?.failure.cause ?? about.cause,
		});
	}
}

const wasAsked = ({ failure: { reason } }: Passed): boolean => !notAsked.has(reason);
const notAsked: ReadonlySet<string> = new Set([
	...["stopped", "budget", "unchecked", "resting", "off", "modality", "tools", "context", "price", "region", "health"],
]);

const aboutOf = ({ cause, reason, status, retryAfterMs }: ModelFailure) => ({ cause, reason, status, retryAfterMs });

function hopOf(
	{ name: model, connection }: KnownModel,
	{
		outcome,
		failure,
		ms,
		firstTokenMs,
	}: Pick<Hop, "outcome" | "ms" | "firstTokenMs"> & { failure: ModelFailure | null },
) {
	const { reason = null, status = null } = failure ?? {};
	return { model, connection: connection.name, outcome, reason, status, ms, firstTokenMs };
}
