import { z } from "zod";
import { asks, listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const budgetSubjects = ["everybody", "user", "group", "role", "key", "agent", "model"] as const;
export const BudgetSubject = z.enum(budgetSubjects).describe("Whose use is counted.");
export type BudgetSubject = z.infer<typeof BudgetSubject>;
export const budgetMeasures = ["tokens", "money", "runs", "storage"] as const;
export const BudgetMeasure = z
	.enum(budgetMeasures)
	.describe("What is counted: tokens, money in millionths of its currency, runs, or stored bytes.");
export type BudgetMeasure = z.infer<typeof BudgetMeasure>;
export const budgetSpans = ["day", "month", "always"] as const;
export const BudgetSpan = z
	.enum(budgetSpans)
	.describe("A day or a month, which begin at 00:00 UTC; `always` for what is stored.");
export type BudgetSpan = z.infer<typeof BudgetSpan>;

/** Millionths of a currency and bytes need room, and stay exact in JSON. */
const greatest = 1_000_000_000_000_000;
const Most = z.int().min(0).max(greatest).describe("Most that may be taken, in tokens, millionths, runs or bytes.");
const text = (most: number) =>
	z
		.string()
		.overwrite((words) => words.replaceAll("\0", "").toWellFormed().trim())
		.max(most);
const Note = text(300).describe("What it is for, for other administrators.");
const Currency = z
	.string()
	.regex(/^[A-Z]{3}$/, "A currency has three letters, such as EUR.")
	.or(z.literal(""))
	.describe("Of money; empty for the installation's own prices and for what is no money.");
const Subject = z
	.string()
	.trim()
	.max(200)
	.overwrite((words) => words.replaceAll("\0", "").toWellFormed())
	.describe("An id, or the key of a role or model; empty for everybody.");

/** The end of every refusal, by which the console knows that there is something to ask for. */
export const askHint = "ask for more under Usage & budgets";

/** A budget as it is gone by: from memory where models are asked. */
export type BudgetRule = {
	id: string;
	subjectKind: BudgetSubject;
	subject: string;
	isEach: boolean;
	span: BudgetSpan;
	measure: BudgetMeasure;
	currency: string;
	most: number;
};

/** A limit as it stands at this moment. `used` and `held` stand beside each other: what is held back may come back. */
const Standing = z.object({
	used: z.number().describe("What was taken since it began."),
	held: z.number().describe("What is held back for calls that are under way."),
	startedAt: z.date().nullable().describe("When its day or month began; null for what is stored."),
	resetsAt: z.date().nullable().describe("When it begins anew; null for what is stored."),
});

export const Budget = z.object({
	id: z.uuid(),
	subjectKind: BudgetSubject,
	subject: Subject,
	subjectName: z.string().describe("What people call it."),
	isEach: z.boolean().describe("Each person of it by themselves, and not all of them together."),
	measure: BudgetMeasure,
	span: BudgetSpan,
	currency: Currency,
	most: Most,
	note: Note,
	revision: z.int().describe("Goes up with each change."),
	createdByName: z.string().nullable().describe("Who made it; null where their account is gone."),
	...Standing.shape,
	peak: z
		.number()
		.describe("The most that one person took of it since it began, where each has their own; else `used`."),
	createdAt: z.date(),
	updatedAt: z.date(),
});
export type Budget = z.infer<typeof Budget>;
export const ListBudgets = listOf(Budget, {
	filter: {
		subjectKind: asks.oneOf(budgetSubjects),
		measure: asks.oneOf(budgetMeasures),
		span: asks.oneOf(budgetSpans),
	},
	sort: ["createdAt"],
});
export type ListBudgets = z.infer<typeof ListBudgets>;
export const BudgetPage = pageOf(Budget);

export const AddBudget = z.strictObject({
	subjectKind: BudgetSubject,
	subject: Subject.default(""),
	isEach: z.boolean().default(false).describe("Each person of it by themselves, and not all of them together."),
	measure: BudgetMeasure,
	span: BudgetSpan,
	currency: Currency.default(""),
	most: Most,
	note: Note.default(""),
});
export type AddBudget = z.infer<typeof AddBudget>;
export const ChangeBudget = z.strictObject({
	budgetId: z.uuid(),
	most: Most.optional(),
	note: Note.optional(),
	basedOn: z.int().min(1).optional().describe("The revision that was looked at: another one is refused."),
});
export type ChangeBudget = z.infer<typeof ChangeBudget>;
export const OneBudget = z.strictObject({ budgetId: z.uuid() });
export type OneBudget = z.infer<typeof OneBudget>;

/** A limit that binds the caller: a budget's id, or `tokens-of-a-day` for the installation's own. */
export const tokensOfADay = "tokens-of-a-day";
export const OwnLimit = z.object({
	limitId: z.string().describe("A budget's id, or `tokens-of-a-day` for the installation's own."),
	name: z.string().describe("Whose limit it is, and of what, in plain words."),
	subjectKind: BudgetSubject,
	isEach: z.boolean().describe("Each person of it by themselves, and not all of them together."),
	measure: BudgetMeasure,
	span: BudgetSpan,
	currency: Currency,
	most: Most,
	...Standing.shape,
	asked: z
		.uuid()
		.nullable()
		.describe("The caller's request for more of it that waits for somebody; null where none does."),
});
export type OwnLimit = z.infer<typeof OwnLimit>;
export const UsageDay = z.object({
	day: z.iso.date().describe("In UTC."),
	tokens: z.number().describe("Read and written by models."),
	micros: z.number().describe("In millionths; of all currencies that have a price, one after the other."),
	runs: z.int().describe("How many were begun."),
});
export type UsageDay = z.infer<typeof UsageDay>;
export const OwnUsage = z.object({
	limits: z.array(OwnLimit).describe("What binds the caller, the fullest first."),
	days: z.array(UsageDay).describe("The last 30 days, today last."),
});
export type OwnUsage = z.infer<typeof OwnUsage>;

export const AskForMore = z.strictObject({
	limitId: z
		.union([z.literal(tokensOfADay), z.uuid()])
		.describe("A budget's id, or `tokens-of-a-day` for the installation's own."),
	most: Most.describe("What the limit should be; whoever approves sees what it is now."),
	reason: text(500)
		.min(1, "Say what for: whoever decides reads it.")
		.describe("What it is needed for; whoever decides reads it."),
});
export type AskForMore = z.infer<typeof AskForMore>;
export const AskedForMore = z.object({
	approvalId: z.uuid().nullable().describe("What waits for a decision; null where it was raised."),
	state: z.enum(["waiting", "raised"]).describe("`raised`: the same was asked and approved some minutes ago."),
	expiresAt: z.date().nullable().describe("Until when it can be decided."),
	deciders: z.int().describe("How many people may decide it."),
});
export type AskedForMore = z.infer<typeof AskedForMore>;

export const usageGroups = ["user", "group", "agent", "model", "key"] as const;
export const UsageGroup = z.enum(usageGroups).describe("What use is added up by.");
export type UsageGroup = z.infer<typeof UsageGroup>;
export const UsageRow = z.object({
	id: z.string().describe("The id of a person, group, agent or key, or the key of a model, with the currency."),
	subject: z
		.string()
		.describe("The id of a person, group, agent or key, or the key of a model; empty for the installation itself."),
	name: z.string(),
	calls: z.int().describe("How many calls of models."),
	failed: z.int().describe("How many of them failed."),
	tokens: z.number().describe("Read and written by models."),
	micros: z.number().describe("In millionths of the currency."),
	currency: z.string().describe("Empty where nothing of it had a price, or for the installation's own prices."),
	forecastTokens: z.number().describe("What it comes to by the end of the month, at the pace of now."),
	forecastMicros: z.number().describe("What it costs by the end of the month, at the pace of now."),
});
export type UsageRow = z.infer<typeof UsageRow>;
/** Of this month. Small: as many rows as there are people, groups, agents, models or keys that took something. */
export const Usage = z.strictObject({ by: UsageGroup });
export type Usage = z.infer<typeof Usage>;
export const UsageSums = z.object({
	startedAt: z.date().describe("When the month began, in UTC."),
	endsAt: z.date().describe("When it ends."),
	sums: z.array(UsageRow).max(500).describe("The greatest first, 500 at most."),
	days: z.array(UsageDay).describe("The last 30 days of everybody, today last."),
});
export type UsageSums = z.infer<typeof UsageSums>;

export const UsedCall = z.object({
	id: z.uuid(),
	createdAt: z.date(),
	model: z.string().describe("What its provider calls it."),
	connection: z.string().describe("Where it was asked."),
	outcome: z.string().describe("`answered`, `failed` or `cancelled`."),
	userName: z.string().nullable().describe("For whom; null for what the installation asks by itself."),
	agentName: z.string().nullable(),
	runId: z.uuid().nullable().describe("The run that it was made for; null outside of runs."),
	isOwn: z.boolean().describe("Whether the caller may open that run."),
	inputTokens: z.int(),
	outputTokens: z.int(),
	costMicros: z.number().nullable().describe("In millionths; null where the model has no price."),
	currency: z.string().nullable(),
});
export type UsedCall = z.infer<typeof UsedCall>;
export const ListUsedCalls = listOf(UsedCall, {
	filter: {
		userId: asks.id(),
		groupId: asks.exactly(z.uuid()),
		agentId: asks.id(),
		keyId: asks.id(),
		modelKey: asks.text(200),
		createdAt: asks.time(),
	},
	sort: ["createdAt"],
});
export type ListUsedCalls = z.infer<typeof ListUsedCalls>;
export const UsedCallPage = pageOf(UsedCall);
