import { z } from "zod";

/** Most questions of a plan. */
export const mostParts = 8;
export const longestPart = 300;
export const longestSteer = 1_000;
/** Most that a person may add to one run. */
export const mostSteers = 20;

const said = (max: number) =>
	z
		.string()
		// Letters that no database stores and no reader sees.
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().replace(/\s+/gu, " ").trim())
		.min(1, "Say what.")
		.max(max);

export const planStates = ["waiting", "accepted", "expired"] as const;
export const ResearchPlan = z.object({
	parts: z.array(z.string()).describe("The questions that are looked into, in order."),
	state: z
		.enum(planStates)
		.describe("`waiting` is for its person, who lets it go on or stops the run; `expired`: nobody did in time."),
	isEdited: z.boolean().describe("Whether its person changed what was proposed."),
	proposedAt: z.date().describe("When the run made it."),
	expiresAt: z.date().describe("Until when it waits for its person."),
	acceptedAt: z.date().nullable().describe("When its person let it go on; null while they have not."),
});
export type ResearchPlan = z.infer<typeof ResearchPlan>;

export const Steer = z.object({
	id: z.uuid(),
	text: z.string().describe("The instruction."),
	createdAt: z.date(),
	takenAt: z.date().nullable().describe("When a step of the run first used it; null while none has."),
});
export type Steer = z.infer<typeof Steer>;

export const Research = z.object({
	runId: z.uuid().describe("The run's id."),
	plan: ResearchPlan.nullable().describe("Null while there is none yet."),
	steers: z.array(Steer).describe("What its person added while it went on, oldest first."),
});
export type Research = z.infer<typeof Research>;

export const OneResearch = z.strictObject({ runId: z.uuid() });
export type OneResearch = z.infer<typeof OneResearch>;
export const AcceptPlan = z.strictObject({
	runId: z.uuid(),
	parts: z
		.array(said(longestPart))
		.min(1, "Leave at least one question.")
		.max(mostParts, `A plan has at most ${mostParts} questions.`)
		.optional()
		.describe("The questions as they are to be looked into, in order; left out: as they were proposed."),
});
export type AcceptPlan = z.infer<typeof AcceptPlan>;
export const SteerRun = z.strictObject({
	runId: z.uuid(),
	text: said(longestSteer).describe("The instruction: what else to look into, or how to go about it."),
});
export type SteerRun = z.infer<typeof SteerRun>;
