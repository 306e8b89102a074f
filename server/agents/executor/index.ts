import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "@/db/connection";
import { approvalsChannel } from "@/server/approvals/service";
import { actorMay } from "@/server/core/actor";
import type { Log } from "@/server/core/log";
import { type Stop, stopsNow, stopTexts } from "@/server/core/stops";
import { tellMoved } from "@/server/evaluations/service";
import { tellEnded } from "@/server/extractions/service";
import { callAgentTool, offeredTools } from "@/server/faces/agent-tools";
import { agentNow, callTool, type ToolContext } from "@/server/faces/tool";
import { unreadableDocuments } from "@/server/knowledge/service";
import { type Asker, openModels } from "@/server/models";
import { routeMark } from "@/server/models/catalogue";
import type { ChatModel } from "@/server/models/model";
import { planOf, proposePlan, takeSteers } from "@/server/research/service";
import { createEventWriter, LeaseLost, type RunLog } from "@/server/runs/event-writer";
import { runsChannel, stopWanted } from "@/server/runs/events";
import { inTime } from "@/server/runs/patience";
import { type Checkpoints, checkpointer, GatheringSaver } from "../checkpointer";
import { leaveOutTraces } from "../untraced";
import { neverStoodIn, openAccount, withinCap } from "./account";
import { answerDesk } from "./answer-desk";
import { extractionDesk } from "./extraction-desk";
import { openGraphs } from "./graphs";
import { carryOutGuarded } from "./guarded";
import { haltOf, unlessStopped } from "./halts";
import { type ClaimedRun, claimRuns, newOwner, releaseDeadLeases, releaseLeases, renewLeases } from "./lease";
import { findWithoutLeave, leaveOf } from "./leave";
import { expectReadable, RunStopped, type SessionDeps, type StopReason } from "./session";
import { traced } from "./traced";

export type ExecutorOptions = {
	database: Database;
	log: Log;
	/** Most runs at once. */
	slots: number;
	/** Stops it, like `stop()`. */
	signal?: AbortSignal;
	checkpoints?: Checkpoints;
	/** A model that an agent names. */
	namedModel?: (name: string) => ChatModel;
} & Partial<Pick<SessionDeps, "model" | "search" | "unreadable" | "wallMs">>;

const beatMs = 1_500;
const pollMs = 1_000;
/** How long a run may take to let go when the executor ends, in ms. */
const handoverMs = 3_000;

/** Takes up runs and carries them out, until it is stopped; then others take over at once. */
export async function startExecutor(options: ExecutorOptions): Promise<{ stop: () => Promise<void> }> {
	const { database: db, log, slots } = options;
	leaveOutTraces();
	const owner = newOwner();
	const saver = new GatheringSaver((options.checkpoints ?? checkpointer()).connections);
	const writer = createEventWriter(db, { owner, log, checkpoints: saver });
	const bells = new Map<string, Set<() => void>>();
	const toolContext = (run: ClaimedRun, signal: AbortSignal): ToolContext => ({
		db,
		agentId: run.agent.id,
		runId: run.id,
		cause: { userId: run.user.id, sessionId: run.sessionId, keyId: run.key?.id ?? null },
		requestId: run.requestId,
		signal,
	});
	const models =
		options.model === undefined
			? await openModels({
					db,
					onProblem: (error) =>
						log.warn({ error: String(error) }, "of the models, something could not be read or written"),
				})
			: null;
	/** What was stopped when that was last read; null until then, and nothing is begun. */
	let stops: Stop[] | null = null;
	const heeding = (of: ChatModel) => unlessStopped(of, () => stops ?? []);
	/** What an agent asks, with an account of what that takes; a test may say which model that is. */
	const asking = (run: ClaimedRun, tell: RunLog["append"]): Partial<SessionDeps> => {
		const { model: name, whenAway } = run.agent;
		const account = openAccount(run, { db, log, tell, stops: () => stops ?? [] });
		const given = name === null ? options.model : options.namedModel?.(name);
		const route = models?.route(name, account.asker) ?? null;
		const own = route ? withinCap(route) : given ? heeding(given) : null;
		return {
			model: whenAway === "fail" ? neverStoodIn(own) : own,
			told: account.told,
			taken: account.taken,
			ask: askFor(account.asker),
		};
	};
	/** The model of a route by its name, for whoever judges texts of a run. */
	const askFor = (asker: Asker) => (name: string) => models?.route(name, asker) ?? options.namedModel?.(name) ?? null;
	const deps: SessionDeps = {
		db,
		log,
		graphs: openGraphs(saver),
		model: null,
		expectLeave: async (run) => {
			const refusal = (await inTime(findWithoutLeave(db, [run]))).get(run.id);
			if (refusal) throw new RunStopped(refusal);
		},
		search: async (run, input, signal) => {
			const tool = toolContext(run, signal);
			const actor = await agentNow(tool, leaveOf(run));
			if (!actorMay(actor, "runs:write")) throw new RunStopped("rights");
			return options.search?.(run, input, signal) ?? callTool(tool, "knowledge.search", input, actor);
		},
		offer: (run, signal) => offeredTools(toolContext(run, signal)),
		callTool: (run, call, signal) => callAgentTool(toolContext(run, signal), call),
		unreadable:
			options.unreadable ??
			(async (run, documentIds, signal) => {
				const actor = await agentNow(toolContext(run, signal));
				return unreadableDocuments({ ...asItself, db, actor, requestId: run.requestId }, documentIds);
			}),
		onResting: (run, documentIds) => {
			const session = sessions.get(run.id);
			if (session) session.restsOn = documentIds;
		},
		desk: ({ id }) => ({
			propose: (plan) => proposePlan(db, id, plan),
			plan: () => planOf(db, id),
			steers: () => takeSteers(db, id),
		}),
		answers: (run, signal) =>
			answerDesk(run, {
				...{ db, log, tool: toolContext(run, signal), stops: () => stops ?? [] },
				models: () => (models ? routeMark(models.seen(), run.agent.model) : (run.agent.model ?? "given")),
			}),
		extraction: (run, signal) => extractionDesk(db, toolContext(run, signal)),
		heard: (bell, signal) => heard(bells, bell, signal),
		onWaiting: (run, isWaiting) => {
			const session = sessions.get(run.id);
			if (!session || session.isWaiting === isWaiting) return;
			session.isWaiting = isWaiting;
			if (isWaiting) void claim();
		},
		wallMs: options.wallMs ?? Number.POSITIVE_INFINITY,
	};
	type Session = { run: ClaimedRun; stop: AbortController; done: Promise<void>; isWaiting: boolean; restsOn: string[] };
	const sessions = new Map<string, Session>();
	let isStopping = false;
	let isClaiming = false;
	let claimAgain = false;

	const breakOff = (runId: string, reason: StopReason) => sessions.get(runId)?.stop.abort(new RunStopped(reason));

	/** Fills the free slots; a wake that comes meanwhile is not lost. */
	async function claim(): Promise<void> {
		if (isClaiming) {
			claimAgain = true;
			return;
		}
		isClaiming = true;
		try {
			do {
				claimAgain = false;
				const free = slots - [...sessions.values()].filter(({ isWaiting }) => !isWaiting).length;
				if (isStopping || free <= 0) break;
				stops ??= await inTime(stopsNow(db, 0));
				const runs = await inTime(claimRuns(db, owner, free));
				for (const run of runs) begin(run);
				claimAgain ||= runs.length === free;
			} while (claimAgain);
		} catch (error) {
			log.warn({ error: String(error) }, "no runs could be taken up");
		} finally {
			isClaiming = false;
		}
	}

	function begin(run: ClaimedRun): void {
		// Our own lease ran out under us and we took the run anew: the older session must not speak any more.
		breakOff(run.id, "lost");
		const stop = new AbortController();
		const events = writer.open(run, (why) => stop.abort(why));
		const session: Session = {
			run,
			stop,
			isWaiting: false,
			restsOn: [],
			done: traced(db, run, events, (log) =>
				carryOutGuarded(run, log, stop, { ...deps, ...asking(run, events.append) }),
			).finally(() => {
				if (sessions.get(run.id) === session) sessions.delete(run.id);
				if (run.isExperiment)
					tellMoved(db, run.user.id).catch((error) =>
						log.warn({ error: String(error), runId: run.id }, "nobody was told that an answer is there to be measured"),
					);
				if (run.agent.graph === "extract")
					// Where nobody is told, the next look finds it out.
					tellEnded(db, { runId: run.id, userId: run.user.id }).catch((error) =>
						log.warn({ error: String(error), runId: run.id }, "nobody was told that a document is done"),
					);
				void claim();
			}),
		};
		sessions.set(run.id, session);
		if (isStopping) breakOff(run.id, "handover");
		halt(session);
	}

	function halt({ run, stop }: Session): void {
		const found = haltOf(run, stops ?? []);
		if (found) stop.abort(new RunStopped("halted", stopTexts[found.kind]));
	}

	async function readStops(): Promise<void> {
		stops = await stopsNow(db, 0);
		for (const session of sessions.values()) halt(session);
	}

	async function beat(): Promise<void> {
		if (sessions.size === 0) return;
		const before = new Map(sessions);
		const held = new Map((await renewLeases(db, owner, [...before.keys()])).map((beat) => [beat.id, beat]));
		for (const [runId, { run, stop }] of before) {
			const mine = held.get(runId);
			// A run that has just ended is not held either: stopping what is over does nothing.
			if (mine?.attempt !== run.attempt) stop.abort(new LeaseLost("another executor has this run, or it is gone"));
			else if (mine.stopRequested) breakOff(runId, "asked");
			else if (!mine.mayAsk) breakOff(runId, "revoked");
		}
		const withoutLeave = await findWithoutLeave(
			db,
			[...before.values()].map(({ run }) => run),
		);
		for (const [runId, reason] of withoutLeave) breakOff(runId, reason);
		await Promise.all([...before.values()].map((session) => expectRest(session)));
	}

	/** What an answer that is being written rests on may be taken away meanwhile. */
	async function expectRest({ run, stop, restsOn }: Session): Promise<void> {
		if (restsOn.length === 0 || stop.signal.aborted) return;
		try {
			await expectReadable(deps, run, { documentIds: restsOn, signal: stop.signal });
		} catch (error) {
			if (error instanceof RunStopped) stop.abort(error);
			else if (!stop.signal.aborted) log.warn({ error: String(error), runId: run.id }, "rights were not asked");
		}
	}

	const unlisten = await db.listen(
		runsChannel,
		(payload) => {
			const stopped = stopWanted(payload);
			if (stopped) breakOff(stopped, "asked");
			else void claim();
		},
		() => void claim(),
	);
	const deafen = await db.listen(
		approvalsChannel,
		(approvalId) => {
			for (const ring of bells.get(approvalId) ?? []) ring();
		},
		() => {
			for (const ring of [...bells.values()].flatMap((set) => [...set])) ring();
		},
	);
	const beats = setInterval(
		() => void beat().catch((error) => log.warn({ error: String(error) }, "no renewal")),
		beatMs,
	);
	const polls = setInterval(() => {
		void readStops().catch((error) => log.warn({ error: String(error) }, "stops could not be read"));
		void releaseDeadLeases(db, owner)
			.catch((error) => log.warn({ error: String(error) }, "leases could not be looked through"))
			.then(claim);
	}, pollMs);
	await releaseDeadLeases(db, owner).catch(() => {});
	await claim();

	let stopped: Promise<void> | null = null;
	const stop = () => {
		stopped ??= (async () => {
			isStopping = true;
			clearInterval(polls);
			clearInterval(beats);
			unlisten();
			deafen();
			for (const runId of sessions.keys()) breakOff(runId, "handover");
			const all = Promise.allSettled([...sessions.values()].map(({ done }) => done)).then(writer.settled);
			await Promise.race([all, sleep(handoverMs, undefined, { ref: false })]);
			await releaseLeases(db, owner).catch((error) => log.warn({ error: String(error) }, "leases were not released"));
			await Promise.race([models?.stop(), sleep(handoverMs, undefined, { ref: false })]);
		})();
		return stopped;
	};
	options.signal?.addEventListener("abort", () => void stop(), { once: true });
	return { stop };
}

/** How a run asks for itself what its person may read. */
const asItself = { via: "job" as const, origin: { address: null, userAgent: null } };

/** Without news a waiting run looks all the same, in ms: time decides too, and a word may be lost. */
const lookMs = 10_000;

async function heard(bells: Map<string, Set<() => void>>, approvalId: string, signal: AbortSignal): Promise<void> {
	signal.throwIfAborted();
	const rung = Promise.withResolvers<void>();
	const over = new AbortController();
	const set = bells.get(approvalId) ?? new Set();
	bells.set(approvalId, set.add(rung.resolve));
	try {
		const look = sleep(lookMs, undefined, { signal: AbortSignal.any([signal, over.signal]), ref: false });
		await Promise.race([rung.promise, look.catch(() => {})]);
		signal.throwIfAborted();
	} finally {
		over.abort();
		set.delete(rung.resolve);
		if (set.size === 0 && bells.get(approvalId) === set) bells.delete(approvalId);
	}
}
