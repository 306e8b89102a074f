import type { Citation, RunEvent, RunEventBody, RunResult } from "@/server/runs/contract";

export type Step = { name: string; ms: number | null; note: string | null };
export type Ending = { state: "succeeded" | "failed" | "cancelled"; result: RunResult | null; reason: string | null };

/** A run as its events tell it so far. */
export type RunStory = {
	/** The sequence number of the last event that is in here. */
	seq: number;
	attempt: number;
	text: string;
	steps: Step[];
	citations: Citation[];
	/** Why another model answers, or the answer was started over. */
	notes: string[];
	ending: Ending | null;
};

export const emptyStory: RunStory = { seq: 0, attempt: 0, text: "", steps: [], citations: [], notes: [], ending: null };

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
		case "answer.delta":
			return next;
		case "run.ended":
			return { ...next, ending: { state: body.state, result: body.result, reason: body.reason } };
	}
}
