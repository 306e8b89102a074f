import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import { isEnded, type Run } from "@/server/runs/contract";
import { getRun, listRuns, startRun } from "@/server/runs/service";
import { demoContext, everyRow } from "./context";
import { waitFor } from "./patience";
import type { DemoActors } from "./seed-people";
import type { Tell } from "./tell";
import { type DemoQuestion, demoQuestions } from "./workshop";

/** Longest that one answer may take before the demo goes on without it, in ms. */
const longestRun = 120_000;

/** Asks what each person has not asked yet and waits for the answers. People ask side by side, each one thing at a time. */
export async function seedRuns(
	db: Database,
	actors: DemoActors,
	{ agents, tell }: { agents: Map<string, string>; tell: Tell },
): Promise<Run[]> {
	const people = new Set(demoQuestions.map(({ by }) => by));
	let done = 0;
	const onEnd = () => tell({ what: "answers", done: ++done, total: demoQuestions.length });
	const answered = await Promise.all(
		[...people].map((key) => {
			const questions = demoQuestions.filter(({ by }) => by === key);
			return askAll(db, actors[key], { questions, agents, onEnd });
		}),
	);
	return answered.flat();
}

async function askAll(
	db: Database,
	actor: UserActor,
	work: { questions: DemoQuestion[]; agents: Map<string, string>; onEnd: () => void },
): Promise<Run[]> {
	const earlier = await everyRow((page) => listRuns(demoContext(db, actor), page));
	const runs: Run[] = [];
	for (const { question, agent, goesOn } of work.questions) {
		const known = earlier.find(
			(run) => run.question === question && run.state !== "failed" && run.state !== "cancelled",
		);
		const threadId = goesOn ? runs.at(-1)?.threadId : undefined;
		const agentId = agent === null ? undefined : work.agents.get(agent);
		const runId = known?.id ?? (await startRun(demoContext(db, actor), { question, threadId, agentId })).runId;
		const run = await waitFor(longestRun, async () => {
			const now = await getRun(demoContext(db, actor), { runId });
			return isEnded(now.state) ? now : null;
		});
		if (run?.state !== "succeeded")
			throw new Error(`The demo's question “${question}” was not answered: ${run?.reason ?? "no worker took it up"}`);
		runs.push(run);
		work.onEnd();
	}
	return runs;
}
