import { randomUUID } from "node:crypto";
import { count, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { triggers } from "@/db/schema";
import { chooseAgent } from "@/server/agents/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField } from "@/server/core/errors";
import {
	type AddSchedule,
	type AddWebhook,
	type ChangeTrigger,
	mostTriggers,
	type NextTimes,
	type OneTrigger,
	type PreviewTimes,
	type RotateWebhook,
	type Trigger,
	type WebhookSecret,
} from "../contract";
import { nextTime } from "../times";
import { newSecret, type TriggerRow } from "./place";
import { getTrigger, holdTrigger } from "./read";

const told = ({ name, question, cron, timeZone, isPaused }: Omit<Partial<TriggerRow>, "id">) => ({
	...{ name, question, cron, timeZone, isPaused },
});

/** When a schedule would be due. */
export async function previewTimes({ cron, timeZone }: PreviewTimes): Promise<NextTimes> {
	const times: Date[] = [];
	for (let from = new Date(); times.length < 5; ) {
		from = nextTime(cron, timeZone, from);
		times.push(from);
	}
	return { times };
}

type NewTrigger = Pick<TriggerRow, "agentId" | "name" | "question"> & Partial<TriggerRow>;

/** Its runs belong to whoever makes it, who has to be somebody that may ask the agent. */
async function add(ctx: ServiceContext, tx: Tx, row: NewTrigger & Pick<TriggerRow, "id" | "kind">): Promise<void> {
	const user = requireUser(ctx);
	const { graph } = await chooseAgent(tx, user, row.agentId);
	if (graph === "extract")
		throw new AppError("CONFLICT", "This agent extracts fields from documents: nothing is asked of it.");
	const [known] = await tx.select({ count: count() }).from(triggers).where(eq(triggers.ownerId, user.userId));
	if ((known?.count ?? 0) >= mostTriggers)
		throw new AppError("CONFLICT", `One person has at most ${mostTriggers} schedules and webhooks. Remove one first.`);
	await tx.insert(triggers).values({ ...row, ownerId: user.userId });
	await audit(ctx, tx, {
		action: "trigger.add",
		resource: "trigger",
		resourceId: row.id,
		detail: { agentId: row.agentId, kind: row.kind },
		after: told(row),
	});
}

export async function addSchedule(ctx: ServiceContext, input: AddSchedule): Promise<Trigger> {
	const id = randomUUID();
	const nextAt = nextTime(input.cron, input.timeZone, new Date());
	return ctx.db.transaction(async (tx) => {
		await add(ctx, tx, { ...input, id, kind: "schedule", nextAt });
		return getTrigger(ctx, { triggerId: id }, tx);
	});
}

export async function addWebhook(ctx: ServiceContext, input: AddWebhook): Promise<WebhookSecret> {
	const id = randomUUID();
	const { secret, sealedSecret } = newSecret(id, 1);
	return ctx.db.transaction(async (tx) => {
		await add(ctx, tx, { ...input, id, kind: "webhook", sealedSecret });
		return { trigger: await getTrigger(ctx, { triggerId: id }, tx), secret };
	});
}

/** Its owner changes all of it; who manages its agent pauses it. What was missed meanwhile is not made up for. */
export async function changeTrigger(ctx: ServiceContext, input: ChangeTrigger): Promise<Trigger> {
	const { triggerId, basedOn, ...change } = input;
	const isPause = Object.keys(change).every((key) => key === "isPaused") && change.isPaused === true;
	return ctx.db.transaction(async (tx) => {
		const before = await holdTrigger(ctx, tx, triggerId, { own: !isPause });
		expectUnchanged("this", basedOn, before.revision);
		if (before.kind === "webhook" && (change.cron !== undefined || change.timeZone !== undefined))
			throw invalidField("cron", "A webhook has no times: it starts when it is called.");
		const after = {
			...before,
			...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)),
		};
		const { cron, timeZone } = after;
		const isPlannedAnew = cron !== before.cron || timeZone !== before.timeZone || (before.isPaused && !after.isPaused);
		const nextAt = cron && timeZone && isPlannedAnew ? nextTime(cron, timeZone, new Date()) : before.nextAt;
		await tx
			.update(triggers)
			.set({ ...told(after), nextAt, revision: before.revision + 1, updatedAt: sql`now()` })
			.where(eq(triggers.id, triggerId));
		await audit(ctx, tx, {
			action: "trigger.change",
			resource: "trigger",
			resourceId: triggerId,
			subjectId: before.ownerId,
			before: told(before),
			after: told(after),
		});
		return getTrigger(ctx, { triggerId }, tx);
	});
}

/** Another secret, shown this once. The one before holds for a while, so that its caller can change over. */
export async function rotateWebhook(
	ctx: ServiceContext,
	{ triggerId, overlapHours }: RotateWebhook,
): Promise<WebhookSecret> {
	return ctx.db.transaction(async (tx) => {
		const row = await holdTrigger(ctx, tx, triggerId, { own: true });
		if (row.kind !== "webhook") throw new AppError("CONFLICT", "A schedule has no secret.");
		const secretVersion = row.secretVersion + 1;
		const { secret, sealedSecret } = newSecret(triggerId, secretVersion);
		const former =
			overlapHours > 0
				? { sealedFormer: row.sealedSecret, formerUntil: sql`now() + make_interval(hours => ${overlapHours})` }
				: { sealedFormer: null, formerUntil: null };
		await tx
			.update(triggers)
			.set({ sealedSecret, secretVersion, ...former, revision: row.revision + 1, updatedAt: sql`now()` })
			.where(eq(triggers.id, triggerId));
		await audit(ctx, tx, {
			action: "trigger.rotate",
			resource: "trigger",
			resourceId: triggerId,
			detail: { overlapHours },
		});
		return { trigger: await getTrigger(ctx, { triggerId }, tx), secret };
	});
}

export async function removeTrigger(ctx: ServiceContext, { triggerId }: OneTrigger): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const row = await holdTrigger(ctx, tx, triggerId, { own: false });
		await tx.delete(triggers).where(eq(triggers.id, triggerId));
		await audit(ctx, tx, {
			action: "trigger.remove",
			resource: "trigger",
			resourceId: triggerId,
			subjectId: row.ownerId,
			detail: { agentId: row.agentId, kind: row.kind },
			before: told(row),
		});
	});
}
