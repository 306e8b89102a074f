import { z } from "zod";
import { LabelName, VariableValues } from "@/server/prompts/contract";
import { Calibration } from "./calibration";
import { AgentWindow } from "./window";

const cap = (schema: z.ZodNumber, what: string) => schema.optional().describe(what);
export const AgentCaps = z
	.strictObject({
		steps: cap(z.int().min(4).max(1_000), "Steps of its graph; an answer without tools takes four."),
		depth: cap(
			z.int().min(1).max(2),
			"How deep its work is handed on: the agent itself is the first level, the researchers of its plan the second.",
		),
		tokens: cap(z.int().min(100).max(100_000_000), "Tokens of all its answers together."),
		cost: cap(z.number().min(0).max(1_000_000), "Money, in the currency of the installation's prices."),
		minutes: cap(z.int().min(1).max(1_440), "Minutes; time in which it waits for a person is not counted."),
	})
	.describe("Most that one of its runs may take, where that is less than what the installation allows.");
/** A plan, one researcher, a report and its review. */
export const leastResearchSteps = 12;
/** What the installation allows each run at most. */
export const RunCaps = z.object({
	steps: z.int().describe("Steps of a graph."),
	depth: z.int().describe("How deep its work is handed on; researchers are the second level."),
	tokens: z.int().describe("Tokens of all answers together."),
	cost: z.number().describe("Money, in the currency of the installation's prices."),
	minutes: z.int().describe("Minutes; time in which a run waits for a person is not counted."),
});
export type RunCaps = z.infer<typeof RunCaps>;

export const graphNames = ["assistant", "research", "extract"] as const;
export const GraphName = z
	.enum(graphNames)
	.describe(
		"How it works: `assistant` answers at once; `research` makes a plan, looks into its parts at the same time and writes a report; `extract` fills in the fields of its schema from documents.",
	);
export type GraphName = z.infer<typeof GraphName>;
export const AskCaps = z.strictObject({ graph: GraphName.default("assistant") });
export type AskCaps = z.infer<typeof AskCaps>;

export const whenAways = ["quote", "fail"] as const;
export const WhenAway = z
	.enum(whenAways)
	.describe("Where no model answers: `quote` the passages by the built-in one, or `fail` and give no answer.");
export type WhenAway = z.infer<typeof WhenAway>;

export const AgentAnswering = z
	.strictObject({
		leastConfidence: z
			.number()
			.min(0)
			.max(1)
			.optional()
			.describe(
				"Below this confidence it says that it has no sure answer. Left out: it answers, and says how sure it is.",
			),
		cacheMinutes: z
			.int()
			.min(1)
			.max(43_200)
			.optional()
			.describe(
				"For how many minutes an answer is given again where the same is asked of the same documents by somebody who may read them all. Left out: never.",
			),
		cacheSimilar: z
			.boolean()
			.optional()
			.describe("Whether it is also given again where the question only differs in wording. Left out: no."),
		calibration: Calibration.optional(),
	})
	.describe("How sure it has to be of an answer, and whether one is given again.");
export type AgentAnswering = z.infer<typeof AgentAnswering>;

/** A procedure that there is not, or that its caller may not use, is never offered to a model. */
const ToolPath = z.string().min(3).max(100);
/** The label of a prompt: where it points is looked up with each question. */
export const PromptLabelRef = z
	.strictObject({ promptId: z.uuid(), label: LabelName })
	.nullable()
	.describe("The label of a prompt that it follows, in place of a fixed version: `promptVersionId` is null then.");
export type PromptLabelRef = z.infer<typeof PromptLabelRef>;

/** What is wrong with it is told by its place when it is written: server/extractions/contract/schema.ts. */
const ExtractSchema = z
	.record(z.string().max(200), z.unknown())
	.nullable()
	.describe(
		"What an extracting agent fills in: a part of JSON Schema 2020-12 (an object of texts, dates, numbers, yes or no, choices, objects, and lists of objects). Null for others.",
	);
/** server/agents/contract/answer-schema.ts says what it may hold. */
const AnswerSchema = z
	.record(z.string().max(200), z.unknown())
	.nullable()
	.describe(
		"A JSON Schema that every answer fits; what does not is put right once by the model, and fails then. Null: answers are prose.",
	);
/** What an agent is made of, as it is written. */
export const definitionFields = {
	graph: GraphName,
	extractSchema: ExtractSchema,
	answerSchema: AnswerSchema,
	promptVersionId: z.uuid().nullable(),
	promptLabel: PromptLabelRef,
	model: z
		.string()
		.min(1)
		.max(200)
		.nullable()
		.describe("The route that it asks, or a model of the environment's, by its name; null: the default route."),
	whenAway: WhenAway,
	collectionIds: z.array(z.uuid()).max(100).nullable(),
	tools: z
		.array(ToolPath)
		.max(50)
		.describe(
			"The procedures that it may call, such as knowledge.deleteDocument, and tools of connected MCP servers by their names here, such as harbour__berths.",
		),
	approvalTools: z.array(ToolPath).max(50).describe("Those of them that wait for approval each time."),
	caps: AgentCaps,
	window: AgentWindow,
	promptValues: VariableValues,
	answering: AgentAnswering,
};

/** The same, as it is read. */
export const readDefinition = {
	graph: GraphName,
	extractSchema: ExtractSchema,
	answerSchema: AnswerSchema,
	promptVersionId: z.uuid().nullable(),
	promptLabel: PromptLabelRef,
	promptName: z.string().nullable().describe("Null where the caller may not read the prompt."),
	promptVersion: z
		.int()
		.nullable()
		.describe("Which version of the prompt; of a label, the one that it points to by now; null: the built-in one."),
	model: z
		.string()
		.nullable()
		.describe("The route that it asks, or a model of the environment's, by its name; null: the default route."),
	whenAway: WhenAway,
	collectionIds: z.array(z.uuid()).nullable().describe("Null: every collection that the asking person may read."),
	tools: z
		.array(z.string())
		.describe(
			"The procedures that it may call for whoever asks it, with their rights, and tools of connected MCP servers by their names here.",
		),
	approvalTools: z
		.array(z.string())
		.describe("Those of them that wait for approval each time; dangerous ones always do."),
	caps: AgentCaps,
	window: AgentWindow,
	promptValues: VariableValues,
	answering: AgentAnswering,
};
/** What can be changed of it, under the names that people see. */
export const definitionNames = [
	"graph",
	"extractSchema",
	"answerSchema",
	"prompt",
	"model",
	"whenAway",
	"collections",
	"tools",
	"approvalTools",
	"caps",
	"window",
	"promptValues",
	"answering",
] as const;
