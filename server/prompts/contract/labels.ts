import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Gate } from "./gates";
import { LabelName, VersionNo } from "./label-name";

/** Names that something else has. */
export const takenLabels: readonly string[] = ["latest"];

export const SplitGuard = z
	.strictObject({
		mostNegative: z
			.number()
			.min(0)
			.max(1)
			.nullable()
			.default(null)
			.describe(
				"Of what people say of the second version, the share that may be bad, 0 to 1; null: whatever they say.",
			),
		leastFeedback: z.int().min(1).max(100_000).default(20).describe("How many have to say something before it counts."),
		mostCost: z
			.number()
			.min(0)
			.max(1_000_000)
			.nullable()
			.default(null)
			.describe("What an answer with the second version may cost on average; null: whatever it costs."),
		leastRuns: z
			.int()
			.min(1)
			.max(1_000_000)
			.default(20)
			.describe("How many answers there have to be before that counts."),
		leastScore: z
			.number()
			.min(0)
			.max(1)
			.nullable()
			.default(null)
			.describe("What its answers have to be scored at least on average, 0 to 1; null: whatever they are scored."),
		leastScored: z
			.int()
			.min(1)
			.max(1_000_000)
			.default(20)
			.describe("How many scored answers there have to be before that counts."),
	})
	.describe("When the split is taken back by itself.");
export type SplitGuard = z.infer<typeof SplitGuard>;

const Arm = z.object({
	version: z.int().describe("The version."),
	runs: z.int().describe("How many runs had it."),
	up: z.int().describe("How many people found its answers of use."),
	down: z.int().describe("How many did not."),
	costPerRun: z
		.number()
		.nullable()
		.describe("What an answer costs on average; null without runs. Of several currencies, where most is spent."),
	currency: z.string().nullable().describe("What that is in; null: in that of the installation's own prices."),
	score: z
		.number()
		.nullable()
		.describe("What online scoring gives its answers on average, 0 to 1; null: none is scored."),
	scored: z.int().describe("How many of its answers are scored."),
});
export type Arm = z.infer<typeof Arm>;
export const Split = z.object({
	id: z.uuid(),
	percent: z.int().describe("Of 100 people, how many get the second version; each always the same one."),
	guard: SplitGuard,
	startedAt: z.date(),
	startedByName: z.string().nullable().describe("Who began it."),
	first: Arm.describe("What most get: where the label points."),
	second: Arm.describe("What is tried."),
});
export type Split = z.infer<typeof Split>;

export const labelActs = ["move", "split", "unsplit", "rollback", "protect", "unprotect", "remove"] as const;
export const moveStates = ["proposed", "done", "returned"] as const;
export const LabelMove = z.object({
	id: z.uuid(),
	label: z.string().describe("The label's name."),
	act: z.enum(labelActs).describe("What was done to it. `rollback`: a split was taken back by itself."),
	state: z.enum(moveStates).describe("`proposed` waits for somebody else; `returned` was sent back."),
	fromVersion: z.int().nullable().describe("Where it pointed; null: there was no such label."),
	toVersion: z.int().nullable().describe("Where it points since, or is to point; null: it is gone."),
	percent: z.int().nullable().describe("Of a split, how many of 100 people get the other version."),
	guard: SplitGuard.nullable().describe("Of a split, when it is taken back by itself."),
	movedByName: z.string().nullable().describe("Who did it or proposed it; null: Quarterdeck by itself."),
	note: z.string().describe("Why, in their words."),
	reviewedByName: z.string().nullable().describe("Who let it through or sent it back."),
	reviewedAt: z.date().nullable().describe("When that was."),
	reviewNote: z.string().describe("What they said to it."),
	mayReview: z
		.boolean()
		.describe("Whether the caller may let it through: who manages the prompt and did not propose it."),
	at: z.date(),
});
export type LabelMove = z.infer<typeof LabelMove>;
export const ListLabelMoves = listOf(LabelMove, {
	filter: { label: asks.exactly(LabelName), state: asks.oneOf(moveStates), at: asks.time() },
	sort: ["at"],
}).extend({ promptId: z.uuid() });
export type ListLabelMoves = z.infer<typeof ListLabelMoves>;
export const LabelMovePage = pageOf(LabelMove);

export const PromptLabel = z.object({
	name: z.string().describe("The label."),
	version: z.int().describe("The version that it points to."),
	isProtected: z.boolean().describe("Whether somebody else has to let each of its moves through."),
	revision: z.int().describe("Counts up with each move."),
	agents: z.int().describe("How many agents follow it."),
	updatedAt: z.date(),
	split: Split.nullable().describe("Two versions under the label; null: everybody gets the one."),
	gate: Gate.nullable().describe("What a version has to reach before it may be proposed; null: nothing."),
	proposal: LabelMove.nullable().describe("A move that waits for somebody else."),
});
export type PromptLabel = z.infer<typeof PromptLabel>;
export const PromptLabels = z.object({ labels: z.array(PromptLabel).describe("The prompt's labels, by name.") });
export type PromptLabels = z.infer<typeof PromptLabels>;

export const OneLabel = z.strictObject({ promptId: z.uuid(), label: LabelName });
export type OneLabel = z.infer<typeof OneLabel>;

const basedOn = z
	.int()
	.min(0)
	.max(1_000_000_000)
	.describe("The label's `revision` that was read; 0: there was none. Moved since: refused (412).");
const note = z.string().trim().max(500).default("").describe("Why, for those who read it later.");
const onLabel = { promptId: z.uuid(), label: LabelName, basedOn };

export const MoveLabel = z.strictObject({
	...onLabel,
	version: VersionNo.describe(
		"Where it is to point. Of a protected label this is proposed, and waits for somebody else.",
	),
	note,
});
export type MoveLabel = z.infer<typeof MoveLabel>;
export const ProtectLabel = z.strictObject({
	...onLabel,
	isProtected: z
		.boolean()
		.describe("Whether somebody else has to let its moves through. Only who holds approvals:manage takes it back."),
});
export type ProtectLabel = z.infer<typeof ProtectLabel>;
export const RemoveLabel = z.strictObject(onLabel);
export type RemoveLabel = z.infer<typeof RemoveLabel>;
export const SplitLabel = z.strictObject({
	...onLabel,
	version: VersionNo.describe("The second version, which is tried beside the one that the label points to."),
	percent: z.int().min(1).max(99).describe("Of 100 people, how many get it; each always the same one."),
	guard: SplitGuard.prefault({}),
	note,
});
export type SplitLabel = z.infer<typeof SplitLabel>;
export const EndSplit = z.strictObject({ ...onLabel, note });
export type EndSplit = z.infer<typeof EndSplit>;
export const ReviewMove = z.strictObject({
	promptId: z.uuid(),
	moveId: z.uuid(),
	decision: z
		.enum(["approve", "return"])
		.describe("Whether it takes effect, or is sent back; whoever proposed it can only take it back."),
	note: z.string().trim().max(500).default("").describe("Why, for whoever proposed it."),
});
export type ReviewMove = z.infer<typeof ReviewMove>;
