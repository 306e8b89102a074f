import { z } from "zod";

/**
 * What the official client sends, as far as it means something here. What would change a run and can't be done is refused by name;
 * what only tunes a server that works otherwise is let pass. docs/langgraph.md lists both.
 */
const refused = (why: string) =>
	z
		.unknown()
		.refine((value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0), {
			error: why,
		})
		.optional();

const TextPart = z.object({ type: z.literal("text"), text: z.string() });
const Content = z
	.union([z.string(), z.array(TextPart)], { error: "Only text can be read: send images and files to a collection." })
	.transform((content) => (typeof content === "string" ? content : content.map(({ text }) => text).join("\n")));
const roles = { human: "user", user: "user", ai: "assistant", assistant: "assistant", system: "system" } as const;
export const InputMessage = z
	.looseObject({
		type: z.string().optional(),
		role: z.string().optional(),
		content: Content,
		id: z.string().max(200).nullish(),
	})
	.transform(({ type, role, content, id }, ctx) => {
		const said = Object.entries(roles).find(([name]) => name === (type === "message" ? role : (type ?? role)))?.[1];
		if (said) return { role: said, content, id: id ?? null };
		ctx.addIssue({ code: "custom", message: "Only messages of human, ai and system can be read." });
		return z.NEVER;
	});
export type InputMessage = z.infer<typeof InputMessage>;

export const streamModes = ["values", "messages", "messages-tuple", "updates", "custom"] as const;
export const StreamMode = z.enum(streamModes, {
	error: "stream_mode can be values, messages, messages-tuple, updates or custom.",
});
export type StreamMode = z.infer<typeof StreamMode>;
const StreamModes = z
	.union([StreamMode, z.array(StreamMode)])
	.nullish()
	.transform((modes): StreamMode[] =>
		Array.isArray(modes) ? (modes.length > 0 ? modes : ["values"]) : [modes ?? "values"],
	);

export const RunRequest = z.looseObject({
	assistant_id: z.string().min(1).max(200),
	input: z.looseObject(
		{ messages: z.preprocess((sent) => (Array.isArray(sent) ? sent : [sent]), z.array(InputMessage).max(500)) },
		{ error: "Send an input with messages: a run can't go on without a question." },
	),
	stream_mode: StreamModes,
	multitask_strategy: z
		.enum(["reject", "interrupt", "enqueue"], {
			error: "multitask_strategy can be reject, interrupt or enqueue: what was asked is not taken back.",
		})
		.nullish(),
	on_disconnect: z.enum(["cancel", "continue"]).nullish(),
	if_not_exists: z.enum(["create", "reject"]).nullish(),
	checkpoint: z.looseObject({ checkpoint_id: z.string().max(100).nullish() }).nullish(),
	checkpoint_id: z.string().max(100).nullish(),
	command: refused("A run here goes on by itself once a person has decided: decide at /api/v1/approvals."),
	interrupt_before: refused("Runs can't be halted at a step. Calls that need a person wait by themselves."),
	interrupt_after: refused("Runs can't be halted at a step. Calls that need a person wait by themselves."),
	webhook: refused("A run calls no address of its caller's."),
	after_seconds: refused("A run begins at once."),
});
export type RunRequest = z.infer<typeof RunRequest>;

/** Which runs to stop: some of one thread, or all of a state. */
export const CancelRuns = z
	.looseObject({
		thread_id: z.uuid().nullish(),
		run_ids: z.array(z.uuid()).max(100).nullish(),
		status: z.enum(["pending", "running", "all"]).nullish(),
	})
	.refine(({ run_ids: runIds, status }) => (runIds ? !status : status), {
		error: "Name run_ids or a status, and not both.",
	});

const page = {
	limit: z.int().min(1).max(1_000).default(10),
	offset: z.int().min(0).max(10_000).default(0),
};
export const AssistantSearch = z.looseObject({
	...page,
	graph_id: z.string().nullish(),
	name: z.string().nullish(),
	metadata: z.record(z.string(), z.unknown()).nullish(),
});
export type AssistantSearch = z.infer<typeof AssistantSearch>;
export const threadStates = ["idle", "busy", "interrupted", "error"] as const;
export type ThreadState = (typeof threadStates)[number];
export const ThreadSearch = z.looseObject({
	...page,
	sort_by: z.literal("updated_at", { error: "sort_by: threads are sorted by updated_at." }).nullish(),
	sort_order: z.enum(["asc", "desc"]).nullish(),
	ids: z.array(z.uuid()).max(100).nullish(),
	status: z.enum(threadStates).nullish(),
	metadata: z.record(z.string(), z.unknown()).nullish(),
	values: refused("Threads can't be found by their values: search by words at /api/v1/threads."),
});
export type ThreadSearch = z.infer<typeof ThreadSearch>;
export const CreateThread = z.looseObject({
	thread_id: z.uuid().nullish(),
	if_exists: z.enum(["raise", "do_nothing"]).nullish(),
	metadata: z.looseObject({ title: z.string().trim().max(200).nullish() }).nullish(),
	supersteps: refused("A thread begins empty."),
});
export const UpdateThread = z.looseObject({
	metadata: z.looseObject({ title: z.string().trim().min(1).max(200).nullish() }).nullish(),
});
const Messages = z.preprocess((sent) => (Array.isArray(sent) ? sent : [sent]), z.array(InputMessage).max(100));
export const UpdateState = z.looseObject({
	values: z
		.strictObject(
			{ messages: Messages.optional() },
			{ error: "values: a thread's state has messages, and nothing else." },
		)
		.nullish(),
	checkpoint: z.looseObject({ checkpoint_id: z.string().max(100).nullish() }).nullish(),
	checkpoint_id: z.string().max(100).nullish(),
});
export const HistoryRequest = z.looseObject({
	limit: z.coerce.number().int().min(1).max(1_000).default(10),
	before: z
		.looseObject({
			configurable: z.looseObject({ checkpoint_id: z.string() }).nullish(),
			checkpoint_id: z.string().nullish(),
		})
		.nullish(),
});

const CronInput = z.looseObject(
	{ messages: z.preprocess((sent) => (Array.isArray(sent) ? sent : [sent]), z.array(InputMessage).max(500)) },
	{ error: "Send an input with messages: a cron job asks a question." },
);
const cron = {
	timezone: z.string().max(60).nullish(),
	enabled: z.boolean().nullish(),
	metadata: z.looseObject({ name: z.string().trim().min(1).max(80).nullish() }).nullish(),
	end_time: refused("A cron job goes on until it is paused or deleted."),
	on_run_completed: z.literal("keep", { error: "on_run_completed: each run's chat stays." }).nullish(),
	interrupt_before: refused("Runs can't be halted at a step. Calls that need a person wait by themselves."),
	interrupt_after: refused("Runs can't be halted at a step. Calls that need a person wait by themselves."),
	webhook: refused("A run calls no address of its caller's."),
};
export const CreateCron = z.looseObject({
	...cron,
	assistant_id: z.string().min(1).max(200),
	schedule: z.string().max(100),
	input: CronInput,
});
export const ChangeCron = z.looseObject({
	...cron,
	schedule: z.string().max(100).nullish(),
	input: CronInput.nullish(),
});
export const CronSearch = z.looseObject({
	...page,
	assistant_id: z.string().max(200).nullish(),
	thread_id: z.string().max(100).nullish(),
	enabled: z.boolean().nullish(),
	metadata: z.record(z.string(), z.unknown()).nullish(),
});
