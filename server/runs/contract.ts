import { z } from "zod";
import { GraphName, RunWindow } from "@/server/agents/contract";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Cost, FailureReason, Hop } from "@/server/models/contract/hops";
import { RunVerdict } from "@/server/safety/contract";

export const maxQuestionChars = 20_000;
export const runStates = ["queued", "running", "waiting", "succeeded", "failed", "cancelled"] as const;
export const RunState = z
	.enum(runStates)
	.describe("`waiting` is for a person: a call of one of its tools waits for approval, or its plan to be let go on.");
export type RunState = z.infer<typeof RunState>;
const openStates: readonly RunState[] = ["queued", "running", "waiting"];
export const isEnded = (state: RunState): boolean => !openStates.includes(state);

/** A source that the answer leans on; `marker` is the number in square brackets in the text. */
export const Citation = z.object({
	marker: z.int(),
	chunkId: z.int(),
	documentId: z.uuid(),
	documentName: z.string(),
	collectionId: z.uuid(),
	page: z.int(),
	pageCount: z.int().nullable(),
	snippet: z.string(),
});
export type Citation = z.infer<typeof Citation>;

export const Confidence = z.object({
	level: z.enum(["high", "medium", "low", "none"]),
	score: z.number().describe("0 to 1."),
	reasons: z.array(z.string()),
	raw: z.number().optional().describe("What it was before it was calibrated; left out where it was not."),
});
export type Confidence = z.infer<typeof Confidence>;

export const capKinds = ["steps", "depth", "tokens", "cost", "time", "loop"] as const;
export const CapKind = z.enum(capKinds);
export type CapKind = z.infer<typeof CapKind>;

/** A function of the caller's own that the answer asked for; `arguments` is JSON as the model wrote it. */
export const FunctionCall = z.object({ id: z.string(), name: z.string(), arguments: z.string() });
export type FunctionCall = z.infer<typeof FunctionCall>;

export const RunResult = z.object({
	citations: z.array(Citation),
	confidence: Confidence,
	abstained: z.boolean().describe("The documents don't say: no passage supports an answer."),
	degraded: z.string().nullable().describe("Answered by the built-in extractive model, and why."),
	incomplete: z.boolean().describe("The text stops before its end (the model failed or it was stopped)."),
	unsupported: z
		.array(z.object({ start: z.int(), end: z.int() }))
		.describe("Sentences of the answer that no cited passage supports, as spans of `answer` in UTF-16 units."),
	model: z.string(),
	usage: z.object({ inputTokens: z.int(), outputTokens: z.int() }),
	hops: z
		.array(Hop)
		.optional()
		.describe("The models that were asked, in order, and why one gave no answer; missing where none was."),
	cost: Cost.optional(),
	searchedFor: z
		.string()
		.optional()
		.describe("What a model made of a follow-up to search for; missing where it was searched as it was asked."),
	safety: z
		.array(RunVerdict)
		.optional()
		.describe("What safety policies found on the way and what came of it; missing where nothing was found."),
	window: RunWindow.optional().describe("What filled the model's window; missing where no model answered."),
	cached: z
		.object({
			answeredAt: z.iso.datetime().describe("When it was written."),
			isSimilar: z.boolean().describe("Whether it was the answer to the same question in other words."),
			savedTokens: z.int().describe("What it took to write it, which was not taken again."),
			documentIds: z.array(z.uuid()).describe("The documents whose text was before the model."),
		})
		.optional()
		.describe("It was given before, and asked of no model again; missing where it was written for this question."),
	cap: CapKind.optional().describe("What a run that failed had no more of; `loop`: it repeated itself."),
	calls: z
		.array(FunctionCall)
		.optional()
		.describe("Calls for the caller to make: it asks again with what they answered. Only where it offered functions."),
});
export type RunResult = z.infer<typeof RunResult>;

export const Run = z.object({
	id: z.uuid(),
	threadId: z.uuid(),
	branchId: z.uuid().nullable(),
	threadTitle: z.string(),
	agentId: z.uuid(),
	agentName: z.string(),
	graph: GraphName.describe("What carries it out: `research` makes a plan, looks into its parts and writes a report."),
	agentVersion: z.int().describe("The version of the agent that it runs, from its start to its end."),
	question: z.string(),
	state: RunState,
	answer: z.string().nullable(),
	result: RunResult.nullable(),
	reason: z.string().nullable().describe("Why it failed or was cancelled."),
	createdAt: z.date(),
	startedAt: z.date().nullable(),
	endedAt: z.date().nullable(),
});
export type Run = z.infer<typeof Run>;
export const ListRuns = listOf(Run, {
	filter: {
		state: asks.oneOf(runStates),
		agentId: asks.id(),
		threadId: asks.id(),
		/** A document that the answer cites. */
		citedDocumentId: asks.id(),
		createdAt: asks.time(),
	},
	sort: ["createdAt"],
});
export type ListRuns = z.infer<typeof ListRuns>;
export const RunPage = pageOf(Run);
export const OneRun = z.strictObject({ runId: z.uuid() });
export type OneRun = z.infer<typeof OneRun>;

const saidText = (max: number) =>
	z
		.string()
		.max(max)
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed());
const functionName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "A function's name has letters, digits, _ and -.");
/** What the model called a call by: it ties an answer to it, and names nothing of ours. */
const callRef = z.string().min(1).max(200);

/** What a caller that keeps its own conversation says with each question, in place of a thread of earlier runs. */
export const Conversation = z.strictObject({
	/** Earlier questions and their answers, oldest first. */
	history: z
		.array(z.strictObject({ question: saidText(maxQuestionChars), answer: saidText(60_000) }))
		.max(100)
		.default([]),
	wishes: saidText(8_000)
		.default("")
		.describe("How the caller would like to be answered, within the rules of the agent."),
	/** Functions of the caller's own that the answer may ask for. */
	functions: z
		.array(
			z.strictObject({
				name: functionName,
				description: saidText(2_000).default(""),
				parameters: z
					.record(z.string().max(200), z.unknown())
					.default({ type: "object", properties: {} })
					.describe("A JSON Schema."),
			}),
		)
		.max(64)
		.default([]),
	/** What was asked for since the question and what came back, in order. */
	exchange: z
		.array(
			z.strictObject({
				calls: z
					.array(z.strictObject({ ref: callRef, name: functionName, arguments: saidText(20_000) }))
					.min(1)
					.max(32),
				results: z.array(z.strictObject({ ref: callRef, content: saidText(60_000) })).max(32),
			}),
		)
		.max(25)
		.default([]),
});
export type Conversation = z.infer<typeof Conversation>;

export const StartRun = z.strictObject({
	question: z
		.string()
		// Letters that no database stores and no reader sees.
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.min(1, "Ask something.")
		.max(
			maxQuestionChars,
			`A question has at most ${maxQuestionChars.toLocaleString("en")} characters: put longer texts into a collection.`,
		),
	threadId: z.uuid().optional().describe("Left out: a new thread."),
	branchId: z.uuid().optional().describe("The branch of the thread to go on in; left out: its trunk."),
	after: z
		.uuid()
		.optional()
		.describe(
			"The run of the thread to go on after; where others came after it already, in a new branch. Left out: after the newest.",
		),
	agentId: z.uuid().optional().describe("Left out: the thread's agent, or the default one."),
	collectionIds: z
		.array(z.uuid())
		.max(100)
		.optional()
		.describe("Search only these; left out: all that agent and person may."),
	isPlanWaived: z
		.boolean()
		.optional()
		.describe("A research run goes on with the plan that it makes, and waits for nobody. Other runs have no plan."),
	conversation: Conversation.optional().describe(
		"For callers that keep the conversation themselves: it stands in for the thread's earlier runs.",
	),
});
export type StartRun = z.infer<typeof StartRun>;
export const StartedRun = z.object({ runId: z.uuid(), threadId: z.uuid() });
export type StartedRun = z.infer<typeof StartedRun>;

const PlanParts = z.array(z.string()).describe("The questions that are looked into, in order.");
const PartId = z.string().describe("The part of the plan, such as `p1`.");
const ToolName = z.string().describe("The tool, as the model calls it.");

/**
 * What happens in a run, in order. The text of the answer is the concatenation of `answer.delta` texts after the last
 * `answer.restarted`: an attempt that died in mid-answer is started over, and whoever replays sees the same.
 */
export const RunEventBody = z.discriminatedUnion("type", [
	z.object({ type: z.literal("run.started"), attempt: z.int() }),
	/** A step of the graph, named for people. */
	z.object({ type: z.literal("step.started"), step: z.string() }),
	z.object({ type: z.literal("step.finished"), step: z.string(), ms: z.number(), note: z.string().nullable() }),
	/** The passages that the answer may cite, in the order of their markers. */
	z.object({ type: z.literal("passages.found"), citations: z.array(Citation) }),
	z.object({ type: z.literal("answer.restarted"), why: z.string() }),
	z.object({ type: z.literal("answer.delta"), text: z.string() }),
	/** The answer that follows was given before: no model is asked. */
	z.object({
		type: z.literal("answer.cached"),
		answeredAt: z.iso.datetime().describe("When it was written."),
		isSimilar: z.boolean().describe("Whether it was asked in other words."),
	}),
	z.object({ type: z.literal("model.fallback"), why: z.string() }),
	/** A model of the route gave no answer, or was not asked; the next one is. */
	z.object({
		type: z.literal("model.passed"),
		model: z.string().describe("What its provider calls it."),
		reason: FailureReason,
		status: z.int().nullable().describe("The HTTP status that its provider failed with."),
		ms: z.int(),
	}),
	/** A tool that the model called, and what came of it. */
	z.object({ type: z.literal("tool.called"), callId: z.string(), tool: ToolName }),
	z.object({
		type: z.literal("tool.answered"),
		callId: z.string(),
		tool: ToolName,
		isDone: z.boolean().describe("Whether it was done; false where it was refused."),
	}),
	/** The run goes no further until a person has decided; told again where it is taken up anew. */
	z.object({
		type: z.literal("approval.needed"),
		approvalId: z.string(),
		tool: ToolName,
		effect: z.string().describe("What it would do, in plain words."),
		needsSecond: z.boolean().describe("Whether somebody else than whoever asked has to decide."),
		otherDeciders: z.int().describe("How many others may decide it."),
		expiresAt: z.iso.datetime(),
	}),
	z.object({
		type: z.literal("approval.decided"),
		approvalId: z.string(),
		state: z.enum(["approved", "rejected", "expired", "used", "void"]),
		decidedBy: z.string().nullable().describe("Who decided; null where time did."),
		reason: z.string().nullable(),
	}),
	/** A research run goes no further until its person lets its plan go on; told again where it is taken up anew. */
	z.object({ type: z.literal("plan.proposed"), parts: PlanParts, expiresAt: z.iso.datetime() }),
	z.object({
		type: z.literal("plan.accepted"),
		parts: PlanParts,
		isEdited: z.boolean().describe("Whether its person changed it."),
	}),
	/** One question of the plan and the researcher that looks into it; begun anew where the run is taken up again in the middle. */
	z.object({
		type: z.literal("part.started"),
		part: PartId,
		title: z.string().describe("The question."),
		isAdded: z.boolean().describe("Whether an instruction added it while the run went on."),
	}),
	z.object({
		type: z.literal("part.searched"),
		part: PartId,
		query: z.string().describe("What was searched for."),
		passages: z.int().describe("How many passages speak of it."),
	}),
	z.object({
		type: z.literal("part.finished"),
		part: PartId,
		text: z.string().describe("What was found; its marks are those of its own citations."),
		citations: z.array(Citation),
		isFound: z.boolean().describe("Whether any passage speaks of it."),
		tokens: z.int().describe("What it took."),
		note: z.string().nullable(),
	}),
	/** A step uses what the person added while the run went on. */
	z.object({ type: z.literal("steer.taken"), steerId: z.uuid(), text: z.string() }),
	z.object({
		type: z.literal("draft.reviewed"),
		round: z.int().describe("Which draft, from 1."),
		isPassed: z.boolean().describe("Whether it goes to its reader, or back to its writer."),
		remarks: z.string().describe("What it lacks; empty where it lacks nothing."),
	}),
	z.object({
		type: z.literal("run.ended"),
		state: z.enum(["succeeded", "failed", "cancelled"]),
		answer: z.string().nullable(),
		result: RunResult.nullable(),
		reason: z.string().nullable(),
		isAlone: z
			.boolean()
			.optional()
			.describe(
				"The events before it have served their time and are gone: this one is told from what is kept of the run.",
			),
	}),
]);
export type RunEventBody = z.infer<typeof RunEventBody>;
export const RunEvent = z.object({ seq: z.int(), at: z.date(), body: RunEventBody });
export type RunEvent = z.infer<typeof RunEvent>;

/** `lastEventId` is the sequence number of the last event that the client has; the stream goes on after it and ends with `run.ended`. */
export const FollowRun = z.strictObject({
	runId: z.uuid(),
	lastEventId: z
		.string()
		.regex(/^\d{1,9}$/)
		.nullish(),
});
export type FollowRun = z.infer<typeof FollowRun>;

/** Folds events into the answer's text: the one rule for every client. */
export function foldAnswer(text: string, body: RunEventBody): string {
	switch (body.type) {
		case "answer.delta":
			return text + body.text;
		case "answer.restarted":
			return "";
		case "run.ended":
			return body.answer ?? text;
		case "run.started":
		case "step.started":
		case "step.finished":
		case "passages.found":
		case "answer.cached":
		case "model.fallback":
		case "model.passed":
		case "tool.called":
		case "tool.answered":
		case "approval.needed":
		case "approval.decided":
		case "plan.proposed":
		case "plan.accepted":
		case "part.started":
		case "part.searched":
		case "part.finished":
		case "steer.taken":
		case "draft.reviewed":
			return text;
	}
}
