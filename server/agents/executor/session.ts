import { setTimeout as sleep } from "node:timers/promises";
import { INTERRUPT, isInterrupted } from "@langchain/langgraph";
import type { Database } from "@/db/connection";
import type { GraphName } from "@/server/agents/contract";
import { voidOfRuns } from "@/server/approvals/service";
import { capsOf } from "@/server/core/caps";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import type { Log } from "@/server/core/log";
import { toUserActor } from "@/server/core/rights";
import { noteSources } from "@/server/core/spans";
import type { ToolOutcome } from "@/server/faces/agent-tools";
import { AgentRevoked, NoLeave } from "@/server/faces/tool";
import type { Search, SearchResult } from "@/server/knowledge/contract";
import { type ChatModel, ModelsAway, type ModelTool, type ToolCall } from "@/server/models/model";
import type { CapKind, RunEventBody, RunResult } from "@/server/runs/contract";
import { LeaseLost, type RunLog } from "@/server/runs/event-writer";
import { mayPass } from "@/server/runs/patience";
import { CapMet, nothingSpent, type Spent } from "../graphs/assistant/caps";
import { noConfidence } from "../graphs/assistant/confidence";
import type { AnswerDesk } from "../graphs/assistant/state";
import type { ExtractionDesk } from "../graphs/extract/state";
import type { ResearchDesk } from "../graphs/research/state";
import { askedNow } from "./answer-desk";
import { beginSearch, beginsWithSearch, narrowed } from "./begin-search";
import type { RunContext, RunGraph } from "./graphs";
import type { ClaimedRun } from "./lease";
import { justMs, leaveTexts, type WithoutLeave } from "./leave";
import { memoryOf } from "./recall";
import { noteWaited } from "./traced";
import { type Waits, waitedFor, waitOf } from "./waits";
import { Wall } from "./wall";

/** Why a run is broken off. */
export type StopReason = "asked" | "revoked" | "taken" | "late" | "lost" | "handover" | "halted" | WithoutLeave;
export class RunStopped extends Error {
	override readonly name = "RunStopped";
	constructor(
		readonly reason: StopReason,
		/** Why, where there is more to say than the reason. */
		readonly why = "It was stopped by an administrator.",
	) {
		super(`the run was stopped: ${reason}`);
	}
}

export type SessionDeps = {
	db: Database;
	log: Log;
	graphs: Record<GraphName, RunGraph>;
	model: ChatModel | null;
	/** Throws RunStopped where whoever started it has lost their leave since. */
	expectLeave: (run: ClaimedRun) => Promise<void>;
	search: (run: ClaimedRun, input: Search, signal: AbortSignal) => Promise<SearchResult>;
	/** Those of the documents that the person may not read at this moment. */
	unreadable: (run: ClaimedRun, documentIds: string[], signal: AbortSignal) => Promise<string[]>;
	onResting: (run: ClaimedRun, documentIds: string[]) => void;
	/** What the agent may call for the person at this moment, and one such call. */
	offer: (run: ClaimedRun, signal: AbortSignal) => Promise<ModelTool[]>;
	callTool: (run: ClaimedRun, call: ToolCall, signal: AbortSignal) => Promise<ToolOutcome>;
	/** What a research run asks of the world beside what every run does. */
	desk: (run: ClaimedRun) => ResearchDesk;
	/** Answers that were given before; null where this run is answered anew. */
	answers: (run: ClaimedRun, signal: AbortSignal) => AnswerDesk | null;
	/** And an extraction. */
	extraction: (run: ClaimedRun, signal: AbortSignal) => ExtractionDesk;
	/** Resolves when something may have been decided; throws the signal's reason. */
	heard: (bell: string, signal: AbortSignal) => Promise<void>;
	/** While it waits for a person, a run takes nobody's place. */
	onWaiting: (run: ClaimedRun, isWaiting: boolean) => void;
	/** Longest that a run may take from its first start, in ms. */
	wallMs: number;
	/** Which models were asked and what they cost, for the run's result. */
	told?: () => Pick<RunResult, "hops" | "cost">;
	/** The model of a route by its name, for policies that have one judge. */
	ask?: (route: string) => ChatModel | null;
	/** What its budget is settled by, where that is known better than by its result. */
	taken?: () => Promise<number | null>;
};

/** What the run's reader has of the answer, and what its finished steps have taken. */
type Said = { text: string; spent: Spent };

/** Its agent may have less time than the installation allows. */
const wallOf = ({ agent }: ClaimedRun, { wallMs }: SessionDeps): number =>
	Math.min(wallMs, capsOf(agent.caps, agent.graph).minutes * 60_000);

/** A run that keeps killing the process that carries it out must come to an end. */
const mostAttempts = 20;

/** Carries out one run until it has ended, or is no longer ours. Never rejects. */
export async function carryOut(
	run: ClaimedRun,
	events: RunLog,
	stop: AbortController,
	deps: SessionDeps,
): Promise<void> {
	const said: Said = { text: run.partial, spent: nothingSpent };
	const wallMs = wallOf(run, deps);
	const wall = new Wall(run.startedAt.getTime() + wallMs - Date.now(), () => stop.abort(new RunStopped("late")));
	try {
		// A run that was taken up anew may have waited for people, which is no time of its own.
		wall.start(run.attempt > 1 ? await waitedFor(deps.db, run).catch(() => 0) : 0);
		events.append({ type: "run.started", attempt: run.attempt });
		if (run.stopRequested) stop.abort(new RunStopped("asked"));
		const ending =
			!run.isWaiting && run.tries > mostAttempts
				? failed("It was interrupted too often.", said, deps)
				: await drive(run, events, stop.signal, said, { ...deps, wall });
		const { result } = ending;
		const event = result && deps.told ? { ...ending, result: { ...result, ...deps.told() } } : ending;
		const taken = await deps.taken?.().catch(() => null);
		await events.end({ event, tokens: taken ?? tokensOf(result), ctx: auditContext(run, deps.db) });
		if (ending.state !== "succeeded") await deps.db.transaction((tx) => voidOfRuns(tx, [run.id]));
	} catch (error) {
		events.abandon();
		if (error instanceof LeaseLost) return;
		if (error instanceof RunStopped && isNoLongerOurs(error.reason)) return;
		deps.log.error({ err: error, runId: run.id }, "a run could not be ended");
	} finally {
		wall.stop();
		deps.onWaiting(run, false);
	}
}

const takenAway =
	"A document that this answer rested on can no longer be read by you: it was deleted, or your access to it was taken away.";

type Ending = Omit<Extract<RunEventBody, { type: "run.ended" }>, "type">;

/** Drives the graph to its end, waiting for a database that is away. Throws where the run is no longer ours. */
async function drive(
	run: ClaimedRun,
	events: RunLog,
	signal: AbortSignal,
	said: Said,
	deps: SessionDeps & { wall: Wall },
): Promise<Ending> {
	for (let tries = 0; ; tries += 1) {
		try {
			const { draft, final } = await invoke(run, events, signal, said, {
				...deps,
				isNew: run.attempt === 1 && tries === 0 && !run.isForked,
			});
			const state = draft.failure === null ? "succeeded" : "failed";
			return { state, answer: final.answer, result: final.result, reason: draft.failure };
		} catch (error) {
			const stopped = signal.aborted ? signal.reason : error;
			if (stopped instanceof LeaseLost) throw stopped;
			if (stopped instanceof RunStopped) {
				// What they may not read any more does not stay before their eyes either.
				if (stopped.reason === "taken" && said.text !== "") events.append({ type: "answer.restarted", why: takenAway });
				return brokenOff(stopped, run, said, deps);
			}
			if (error instanceof CapMet) return failed(error.message, said, deps, error.cap);
			if (error instanceof ModelsAway) return failed(error.message, said, deps);
			if (mayPass(error)) {
				deps.log.warn({ error: String(error), runId: run.id, tries }, "a run waits");
				// A stop while waiting shows itself in the next try.
				await sleep(Math.min(200 * 2 ** tries, 2_000), undefined, { signal }).catch(() => {});
				continue;
			}
			if (error instanceof NoLeave) return brokenOff(new RunStopped(error.refusal), run, said, deps);
			if (error instanceof AgentRevoked) return brokenOff(new RunStopped("revoked"), run, said, deps);
			deps.log.error({ err: error, runId: run.id }, "a run failed");
			const why =
				error instanceof AppError && error.code !== "INTERNAL" ? error.message : "Something went wrong on our side.";
			return failed(why, said, deps);
		}
	}
}

async function invoke(
	run: ClaimedRun,
	events: RunLog,
	signal: AbortSignal,
	said: Said,
	deps: SessionDeps & { wall: Wall; isNew: boolean },
) {
	const { model, search, isNew } = deps;
	const graph = deps.graphs[run.agent.graph];
	signal.throwIfAborted();
	if (run.agent.problem) throw new AppError("CONFLICT", run.agent.problem);
	// A new run's search asks for itself whether it may, before a model hears of the question.
	if (!beginsWithSearch(run)) await deps.expectLeave(run);
	const tools = model && run.agent.hasTools ? await deps.offer(run, signal) : [];
	const collectionIds = narrowed(run.agent.collectionIds, run.collectionIds);
	const answers = model ? deps.answers(run, signal) : null;
	const begun = isNew && !answers ? beginSearch(run, collectionIds, (input) => search(run, input, signal)) : null;
	let searchedAt = Number.NEGATIVE_INFINITY;
	const rested = new Set<string>();
	const unreadable = async (ids: string[]) => {
		noteSources(ids);
		return ids.length === 0 ? [] : deps.unreadable(run, ids, signal);
	};
	const context: RunContext = {
		answers: askedNow(answers, () => {
			searchedAt = performance.now();
		}),
		leastConfidence: run.agent.answering.leastConfidence ?? null,
		calibration: run.agent.answering.calibration ?? null,
		model,
		instructions: run.agent.instructions,
		answerSchema: run.agent.answerSchema,
		search: async (input) => {
			const found = await (begun?.(input) ?? search(run, input, signal));
			searchedAt = performance.now();
			return found;
		},
		expectLeave: () => deps.expectLeave(run),
		restOn: async (documentIds) => {
			noteSources(documentIds);
			// Researchers lean on documents at the same time, and their report on all of them.
			if (run.agent.graph === "research") for (const id of documentIds) rested.add(id);
			deps.onResting(run, run.agent.graph === "research" ? [...rested] : documentIds);
			// The search has just asked for their rights.
			if (performance.now() - searchedAt > justMs || run.agent.graph === "research")
				await expectReadable(deps, run, { documentIds, signal });
		},
		unreadable,
		window: run.agent.window,
		memory: memoryOf(run, { db: deps.db, ctx: auditContext(run, deps.db), unreadable }),
		tools,
		callTool: (call) => deps.callTool(run, call, signal),
		caps: capsOf(run.agent.caps, run.agent.graph),
		desk: deps.desk(run),
		extraction: deps.extraction(run, signal),
		onSpent: (spent) => {
			said.spent = spent;
		},
		tell: events.append,
		say: (text) => {
			said.text += text;
			events.say(text);
		},
		startOver: (why = "The answer was interrupted and is written again.") => {
			if (said.text === "") return;
			said.text = "";
			events.append({ type: "answer.restarted", why });
		},
		signal,
	};
	const config = {
		configurable: { thread_id: run.id, isNew },
		context: { run: context },
		signal,
		durability: "async" as const,
		// The caps end a run first, and say so.
		recursionLimit: context.caps.steps + 10,
	};
	const { conversation } = run;
	const history = conversation?.history ?? run.history;
	const input = { question: run.question, collectionIds, history, conversation };
	const before = isNew ? null : await graph.getState({ configurable: { thread_id: run.id } });
	const isBegun = before?.createdAt !== undefined;
	said.spent = before?.values.spent ?? nothingSpent;
	const stillWaits = before?.tasks.flatMap(({ interrupts }) => interrupts)[0]?.value as Waits | undefined;
	// Whoever follows the run knows what it waits for; they have yet to be told what was decided.
	if (run.isWaiting && stillWaits) await waitForPerson(run, events, { waits: stillWaits, isTold: true, signal, deps });
	let state = await graph.invoke(isBegun ? null : input, config);
	for (let waits = waitsOf(state); waits; waits = waitsOf(state)) {
		await waitForPerson(run, events, { waits, isTold: false, signal, deps });
		state = await graph.invoke(null, { ...config, configurable: { thread_id: run.id, isNew: false } });
	}
	return state;
}

/** Throws RunStopped where the person may not read one of these documents any more; asked again with each beat. */
export async function expectReadable(
	deps: Pick<SessionDeps, "unreadable">,
	run: ClaimedRun,
	{ documentIds, signal }: { documentIds: string[]; signal: AbortSignal },
): Promise<void> {
	if ((await deps.unreadable(run, documentIds, signal)).length > 0) throw new RunStopped("taken");
}

/** What the graph was interrupted for; null where it has come to its end. */
function waitsOf(state: object): Waits | null {
	if (!isInterrupted<Waits>(state)) return null;
	const [{ value } = {}] = state[INTERRUPT];
	return value ?? null;
}

/** Nothing is done until a person has decided or the time has passed. Whoever takes the run up after us waits anew. */
async function waitForPerson(
	run: ClaimedRun,
	events: RunLog,
	opts: { waits: Waits; isTold: boolean; signal: AbortSignal; deps: SessionDeps & { wall: Wall } },
): Promise<void> {
	const { waits, signal, deps } = opts;
	const { needed, bell, find } = waitOf(deps.db, run, waits);
	const began = performance.now();
	if (!opts.isTold) events.append(needed);
	deps.wall.stop();
	deps.onWaiting(run, true);
	let found = await find();
	while (!found) {
		await deps.heard(bell, signal);
		found = await find();
	}
	deps.onWaiting(run, false);
	deps.wall.start();
	noteWaited(waits, bell, began, found.told);
	if (found.told) events.append(found.told);
	await events.flushed();
	// What the graph had saved goes out with the events, or right after: it must be there to go on from.
	const isSaved = async () =>
		(await deps.graphs[run.agent.graph].getState({ configurable: { thread_id: run.id } })).tasks.some(
			({ interrupts }) => interrupts.length > 0,
		);
	while (!(await isSaved())) await sleep(20, undefined, { signal });
}

function brokenOff(stopped: RunStopped, run: ClaimedRun, said: Said, deps: SessionDeps): Ending {
	switch (stopped.reason) {
		case "asked":
			return { ...failed("It was stopped.", said, deps), state: "cancelled" };
		case "disabled":
		case "ended":
		case "key":
		case "rights":
			return { ...failed(leaveTexts[stopped.reason], said, deps), state: "cancelled" };
		case "halted":
			return { ...failed(stopped.why, said, deps), state: "cancelled" };
		case "revoked":
			return { ...failed("You may no longer ask this agent.", said, deps), state: "cancelled" };
		case "taken":
			return { ...failed(takenAway, said, deps), state: "cancelled", answer: null };
		case "late":
			return failed(`It met its cap of ${Math.round(wallOf(run, deps) / 60_000)} minutes.`, said, deps, "time");
		case "lost":
		case "handover":
			throw stopped;
	}
}

const isNoLongerOurs = (reason: StopReason): boolean => reason === "lost" || reason === "handover";

/** What was said stays, marked as incomplete. */
function failed(reason: string, { text, spent }: Said, { model }: SessionDeps, cap?: CapKind): Ending {
	const answer = text.replaceAll("\0", "").toWellFormed();
	const result: RunResult = {
		citations: [],
		confidence: noConfidence("The answer stops before its end."),
		abstained: false,
		degraded: null,
		incomplete: true,
		unsupported: [],
		model: model?.name ?? "none",
		// What was being said when it broke off is not in what the finished steps have taken.
		usage: { inputTokens: spent.inputTokens, outputTokens: spent.outputTokens + Math.ceil(answer.length / 4) },
		...(cap ? { cap } : {}),
	};
	return { state: "failed", answer: answer === "" ? null : answer, result, reason };
}

const tokensOf = (result: RunResult | null): number =>
	result ? result.usage.inputTokens + result.usage.outputTokens : 0;

function auditContext(run: ClaimedRun, db: Database): ServiceContext {
	const { id: userId, name, role } = run.user;
	// It is written down with this and does nothing with it: what it may do is asked anew with each tool call.
	const onBehalfOf = toUserActor(
		{ userId, name, role, groupIds: [], roleKeys: [], custom: [] },
		{ sessionId: null, provedAt: null },
	);
	const { key } = run;
	return {
		db,
		actor: {
			kind: "agent",
			agentId: run.agent.id,
			runId: run.id,
			onBehalfOf: key
				? { kind: "apiKey", keyId: key.id, name: key.name, scopes: new Set(), owner: onBehalfOf }
				: onBehalfOf,
		},
		via: "job",
		requestId: run.requestId,
		origin: { address: null, userAgent: null },
	};
}
