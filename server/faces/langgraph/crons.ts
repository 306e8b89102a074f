import { AppError, notFound } from "@/server/core/errors";
import type { Trigger } from "@/server/triggers/contract";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { agentBy } from "./assistants";
import { ChangeCron, CreateCron, CronSearch, type InputMessage } from "./contract";

const json = (body: unknown): Response => Response.json(body, { headers: { "cache-control": "no-store" } });

/** A schedule as a cron job: it begins a chat of its own each time. */
const toCron = ({ id, agentId, cron, timeZone, question, name, isPaused, nextAt, createdAt, lastAt }: Trigger) => ({
	...{ cron_id: id, assistant_id: agentId, thread_id: null, schedule: cron, timezone: timeZone, enabled: !isPaused },
	...{ created_at: createdAt.toISOString(), updated_at: createdAt.toISOString(), end_time: null, user_id: null },
	next_run_date: nextAt?.toISOString() ?? null,
	payload: { assistant_id: agentId, input: { messages: [{ type: "human", content: question ?? "" }] } },
	metadata: { name, last_run_date: lastAt?.toISOString() ?? null },
	on_run_completed: "keep",
});

export async function createCron(ctx: RequestContext, body: unknown): Promise<Response> {
	const { assistant_id: wanted, schedule, timezone, input, metadata, enabled } = CreateCron.parse(body);
	const { id: agentId, name } = await agentBy(ctx, wanted);
	const caller = createCaller(ctx);
	const question = questionOf(input.messages);
	const made = await caller.triggers.addSchedule({
		...{ agentId, question, cron: schedule, name: metadata?.name ?? `${name}: ${schedule}`.slice(0, 80) },
		...(timezone ? { timeZone: timezone } : {}),
	});
	if (enabled !== false) return json(toCron(made));
	return json(toCron(await caller.triggers.change({ triggerId: made.id, isPaused: true })));
}

export async function changeCron(ctx: RequestContext, cronId: string, body: unknown): Promise<Response> {
	const { schedule, timezone, input, metadata, enabled } = ChangeCron.parse(body);
	await expectOwn(ctx, cronId);
	const changed = await createCaller(ctx).triggers.change({
		triggerId: cronId,
		...(schedule ? { cron: schedule } : {}),
		...(timezone ? { timeZone: timezone } : {}),
		...(input ? { question: questionOf(input.messages) } : {}),
		...(metadata?.name ? { name: metadata.name } : {}),
		...(typeof enabled === "boolean" ? { isPaused: !enabled } : {}),
	});
	return json(toCron(changed));
}

export async function deleteCron(ctx: RequestContext, cronId: string): Promise<Response> {
	await expectOwn(ctx, cronId);
	await createCaller(ctx).triggers.remove({ triggerId: cronId });
	return new Response(null, { status: 204 });
}

export async function searchCrons(ctx: RequestContext, body: unknown): Promise<Response> {
	const { limit, offset } = CronSearch.parse(body);
	return json((await found(ctx, body)).slice(offset, offset + limit));
}

export const countCrons = async (ctx: RequestContext, body: unknown): Promise<Response> =>
	json((await found(ctx, body)).length);

/** The caller's own schedules, of which nobody has many. */
async function found(ctx: RequestContext, body: unknown) {
	const { assistant_id: wanted, thread_id: threadId, enabled, metadata } = CronSearch.parse(body);
	if (threadId || (metadata && Object.keys(metadata).length > 0)) return [];
	const agentId = wanted ? (await agentBy(ctx, wanted)).id : null;
	const filter = { kind: { eq: "schedule" as const }, ...(agentId ? { agentId: { eq: agentId } } : {}) };
	const rows: Trigger[] = [];
	for (let cursor: string | undefined; ; ) {
		const page = await createCaller(ctx).triggers.list({ limit: 200, filter, ...(cursor ? { cursor } : {}) });
		rows.push(...page.rows);
		if (!page.next) break;
		cursor = page.next;
	}
	const isWanted = ({ isOwn, isPaused }: Trigger) => isOwn && (typeof enabled !== "boolean" || isPaused === !enabled);
	return rows.filter(isWanted).map(toCron);
}

/** A webhook is no cron job, and neither is a schedule of somebody else whose agent the caller manages. */
async function expectOwn(ctx: RequestContext, cronId: string): Promise<void> {
	const { kind, isOwn } = await createCaller(ctx).triggers.get({ triggerId: cronId });
	if (kind !== "schedule" || !isOwn) throw notFound("This cron job");
}

function questionOf(messages: readonly InputMessage[]): string {
	const [first, ...more] = messages;
	if (first?.role !== "user" || more.length > 0)
		throw new AppError("INVALID_INPUT", "input.messages: a cron job asks one question, as one message of the human.");
	return first.content;
}
