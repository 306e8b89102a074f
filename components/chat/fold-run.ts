import { foldResearch, noResearch, type ResearchStory } from "@/components/research/fold-research";
import { awayBecause } from "@/server/models/contract/reasons";
import type { Citation, RunEvent, RunEventBody, RunResult } from "@/server/runs/contract";

export type Step = { name: string; ms: number | null; note: string | null };
/** A call that waited for a person, and what they decided; null while nobody has. */
export type Asked = {
	approvalId: string;
	effect: string;
	needsSecond: boolean;
	decision: Extract<RunEventBody, { type: "approval.decided" }> | null;
};
export type Ending = { state: "succeeded" | "failed" | "cancelled"; result: RunResult | null; reason: string | null };

/** A run as its events tell it so far. */
export type RunStory = {
	/** The sequence number of the last event that is in here. */
	seq: number;
	attempt: number;
	text: string;
	steps: Step[];
	citations: Citation[];
	approvals: Asked[];
	/** Its plan and researchers, where it is research. */
	research: ResearchStory;
	/** Why another model answers, or the answer was started over. */
	notes: string[];
	ending: Ending | null;
};

export const emptyStory: RunStory = {
	seq: 0,
	attempt: 0,
	text: "",
	steps: [],
	citations: [],
	approvals: [],
	research: noResearch,
	notes: [],
	ending: null,
};

const eventsAreGone = "Its steps were kept for a time, which is over, and are gone. Question and answer stay.";

const finish = (steps: Step[], name: string, ms: number, note: string | null): Step[] => {
	const at = steps.findLastIndex((step) => step.name === name && step.ms === null);
	if (at < 0) return [...steps, { name, ms, note }];
	return steps.with(at, { name, ms, note });
};

/** One event further. What was seen already is left out, so a replay never doubles anything. */
export function foldRun(
	story: RunStory,
	{ seq, body }: RunEvent,
	foldAnswer: (text: string, body: RunEventBody) => string,
): RunStory {
	if (seq <= story.seq) return story;
	const next = { ...story, seq, text: foldAnswer(story.text, body) };
	switch (body.type) {
		case "run.started":
			return { ...next, attempt: body.attempt };
		case "step.started":
			return { ...next, steps: [...story.steps, { name: body.step, ms: null, note: null }] };
		case "step.finished":
			return { ...next, steps: finish(story.steps, body.step, body.ms, body.note) };
		case "passages.found":
			return { ...next, citations: body.citations };
		case "answer.restarted":
		case "model.fallback":
			return { ...next, notes: [...story.notes, body.why] };
		case "model.passed":
			return { ...next, notes: [...story.notes, `${body.model} gave no answer (${awayBecause(body)}).`] };
		case "approval.needed": {
			const { approvalId, effect, needsSecond } = body;
			const isKnown = story.approvals.some((one) => one.approvalId === approvalId);
			const asked: Asked = { approvalId, effect, needsSecond, decision: null };
			return isKnown ? next : { ...next, approvals: [...story.approvals, asked] };
		}
		case "approval.decided": {
			const { approvalId } = body;
			const decide = (one: Asked) => (one.approvalId === approvalId ? { ...one, decision: body } : one);
			return { ...next, approvals: story.approvals.map(decide) };
		}
		case "answer.cached":
		case "answer.delta":
		case "tool.called":
		case "tool.answered":
			return next;
		case "plan.proposed":
		case "plan.accepted":
		case "part.started":
		case "part.searched":
		case "part.finished":
		case "steer.taken":
		case "draft.reviewed":
			return { ...next, research: foldResearch(story.research, body) };
		case "run.ended":
			return {
				...next,
				notes: body.isAlone ? [...story.notes, eventsAreGone] : story.notes,
				ending: { state: body.state, result: body.result, reason: body.reason },
			};
	}
}
