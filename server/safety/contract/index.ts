import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";
import { Detector, detectors, Modes, Place, places, Settings } from "./settings";
import { Action, actions, RunVerdict } from "./verdict";

export * from "./kinds";
export * from "./settings";
export * from "./verdict";

const Name = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
	.min(1, "Give it a name.")
	.max(100);
const Message = z
	.string()
	.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
	.max(500)
	.describe("What is new in it, in its author's words.");
const AgentIds = z.array(z.uuid()).max(100).nullable().describe("Whose runs it looks at; null: those of every agent.");
const KeepsWords = z.boolean().describe("Whether a verdict keeps the words around what was found.");

export const Policy = z.object({
	id: z.uuid(),
	name: z.string(),
	detector: Detector,
	version: z.int().describe("The version that holds."),
	modes: Modes,
	settings: Settings,
	agentIds: AgentIds,
	keepsWords: KeepsWords,
	finds: z.int().describe("How often it found something in the last seven days."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Policy = z.infer<typeof Policy>;
export const ListPolicies = listOf(Policy, { filter: { detector: asks.oneOf(detectors) }, sort: ["createdAt"] });
export type ListPolicies = z.infer<typeof ListPolicies>;
export const PolicyPage = pageOf(Policy);
export const OnePolicy = z.strictObject({ policyId: z.uuid() });
export type OnePolicy = z.infer<typeof OnePolicy>;

export const CreatePolicy = z.strictObject({
	name: Name,
	detector: Detector,
	modes: Modes,
	settings: Settings.prefault({}),
	agentIds: AgentIds.default(null),
	keepsWords: KeepsWords.default(false),
});
export type CreatePolicy = z.infer<typeof CreatePolicy>;
export const SavePolicy = z.strictObject({
	policyId: z.uuid(),
	basedOn: z.int().min(1).optional().describe("The version that was looked at; left out: whatever holds by now."),
	name: Name,
	modes: Modes,
	settings: Settings,
	agentIds: AgentIds,
	keepsWords: KeepsWords,
	message: Message.default(""),
});
export type SavePolicy = z.infer<typeof SavePolicy>;

export const PolicyVersion = z.object({
	version: z.int(),
	modes: Modes,
	settings: Settings,
	agentIds: AgentIds,
	keepsWords: KeepsWords,
	message: z.string().describe("What was new in it, in its author's words."),
	createdByName: z.string().nullable().describe("Who wrote it; null where their account is gone."),
	createdAt: z.date(),
});
export type PolicyVersion = z.infer<typeof PolicyVersion>;
export const PolicyVersions = z.object({ versions: z.array(PolicyVersion).describe("The newest 100, newest first.") });
export const RestorePolicy = z.strictObject({ policyId: z.uuid(), version: z.int().min(1).max(1_000_000) });
export type RestorePolicy = z.infer<typeof RestorePolicy>;

const longestTried = 20_000;
export const TryPolicy = z.strictObject({
	detector: Detector,
	settings: Settings.prefault({}),
	text: z.string().max(longestTried).describe("What is looked through. It is kept nowhere."),
});
export type TryPolicy = z.infer<typeof TryPolicy>;
export const Tried = z.object({
	finds: z
		.array(
			z.object({
				kind: z.string(),
				name: z.string().describe("The kind in plain words."),
				start: z.int().describe("Where it begins in the text, in UTF-16 units."),
				end: z.int(),
			}),
		)
		.describe("What was found, in its order."),
	redacted: z.string().describe("The text as `redact` would leave it."),
	ms: z.number(),
});
export type Tried = z.infer<typeof Tried>;

export const Verdict = RunVerdict.extend({
	id: z.uuid(),
	policyId: z.uuid(),
	policyVersion: z.int().describe("The version of the policy that found it."),
	detector: Detector,
	runId: z.uuid().nullable().describe("Null where a question was refused before its run began."),
	agentName: z.string().nullable(),
	userName: z.string().nullable(),
	about: z.string().nullable().describe("The tool that was called, or the document of the passage."),
	words: z.string().nullable().describe("The words around it, where the policy keeps them."),
	createdAt: z.date(),
});
export type Verdict = z.infer<typeof Verdict>;
export const ListVerdicts = listOf(Verdict, {
	filter: {
		policyId: asks.id(),
		runId: asks.id(),
		place: asks.oneOf(places),
		action: asks.oneOf(actions),
		createdAt: asks.time(),
	},
	sort: ["createdAt"],
});
export type ListVerdicts = z.infer<typeof ListVerdicts>;
export const VerdictPage = pageOf(Verdict);

export const CountVerdicts = z.strictObject({
	days: z.int().min(1).max(90).default(7).describe("The last so many days.").meta({ example: 7 }),
});
export type CountVerdicts = z.infer<typeof CountVerdicts>;
export const VerdictCounts = z.object({
	counts: z
		.array(
			z.object({
				policyId: z.uuid(),
				name: z.string(),
				place: Place,
				action: Action,
				count: z.int().describe("How many."),
			}),
		)
		.describe("How often, by policy, place and what came of it."),
});
export type VerdictCounts = z.infer<typeof VerdictCounts>;

export const RevealRun = z.strictObject({ runId: z.uuid(), reason: z.string().trim().min(1, "Say why.").max(300) });
export type RevealRun = z.infer<typeof RevealRun>;
export const Revealed = z.object({
	originals: z
		.array(
			z.object({
				mark: z.string().describe("What stands in its place."),
				kind: z.string(),
				original: z.string().describe("What stood there."),
			}),
		)
		.describe("What was covered, with its marks."),
});
export type Revealed = z.infer<typeof Revealed>;
