import type { RunLog } from "@/server/runs/event-writer";
import { mayPass } from "@/server/runs/patience";
import { openGuard, type RunGuard } from "@/server/safety/service";
import type { ClaimedRun } from "./lease";
import { carryOut, RunStopped, type SessionDeps } from "./session";

/** Carries a run out with what safety policies have to say on the way. Where there are none it is carried out as it is. */
export async function carryOutGuarded(
	run: ClaimedRun,
	events: RunLog,
	stop: AbortController,
	deps: SessionDeps,
): Promise<void> {
	let guard: RunGuard | null = null;
	try {
		guard = await openGuard({
			db: deps.db,
			run: {
				id: run.id,
				agentId: run.agent.id,
				userId: run.user.id,
				question: run.question,
				functions: run.conversation?.functions.map(({ name }) => name) ?? [],
			},
			ask: deps.ask ?? (() => null),
			signal: stop.signal,
			stop: (why) => stop.abort(new RunStopped("halted", why.message)),
		});
		await guard?.question();
	} catch (error) {
		// What can't be known for now is asked again by whoever takes the run up next.
		if (!stop.signal.aborted) {
			deps.log.warn({ error: String(error), runId: run.id }, "what safety policies there are could not be found out");
			stop.abort(
				mayPass(error)
					? new RunStopped("lost")
					: new RunStopped("halted", "Safety policies could not be asked, so the run went no further."),
			);
		}
	}
	return carryOut(run, guard ? guardedLog(guard, events, deps) : events, stop, guard ? guardedDeps(guard, deps) : deps);
}

function guardedDeps(guard: RunGuard, deps: SessionDeps): SessionDeps {
	return {
		...deps,
		model: deps.model && guard.model(deps.model),
		// What policies find and hide is of one run and its person: such an agent answers each question anew.
		answers: () => null,
		search: async (...asked) => guard.passages(await deps.search(...asked)),
		desk: (run) => {
			const desk = deps.desk(run);
			return { ...desk, steers: async () => guard.steers(await desk.steers()) };
		},
		extraction: (run, signal) => {
			const desk = deps.extraction(run, signal);
			return { ...desk, shown: async (material) => guard.document(await desk.shown(material)) };
		},
		callTool: async (run, call, signal) => {
			const { call: checked, refusal } = await guard.arguments(call);
			if (refusal) return { waits: null, isDone: false, content: refusal };
			const outcome = await deps.callTool(run, checked, signal);
			if (outcome.waits) return outcome;
			return { ...outcome, content: await guard.results(call.name, outcome.content) };
		},
	};
}

/** What no model said passes here, and the end of every run. */
function guardedLog(guard: RunGuard, events: RunLog, { log }: SessionDeps): RunLog {
	return {
		...events,
		say: (text) => events.say(guard.said(text)),
		end: async (ending) => {
			const { event } = ending;
			const { text, heldBack } = guard.heldBack
				? { text: "", heldBack: guard.heldBack }
				: await guard.answer(event.answer ?? "");
			const safety = await guard.told().catch((error) => {
				log.warn({ error: String(error) }, "what safety policies found could not be told");
				return [];
			});
			const result = event.result && safety.length > 0 ? { ...event.result, safety } : event.result;
			if (heldBack === null) {
				await events.end({ ...ending, event: { ...event, answer: event.answer === null ? null : text, result } });
				return;
			}
			events.append({ type: "answer.restarted", why: heldBack });
			const without = result && { ...result, citations: [], unsupported: [], incomplete: true };
			await events.end({
				...ending,
				event: { ...event, state: "failed", answer: null, reason: heldBack, result: without },
			});
		},
	};
}
