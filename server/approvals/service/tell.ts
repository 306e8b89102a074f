import { and, eq, gt, isNull, notInArray, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { agents, approvalDecisions, approvalNotices, approvals, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { GuardPolicy } from "@/server/core/fetch-guard";
import { isPermission } from "@/server/core/permissions";
import { post } from "@/server/core/webhook";
import { inLine, writeMail } from "@/server/mail/service";
import { holds, mayDecideOf } from "./deciders";
import { type ApprovalRow, approvalUrl } from "./outcome";

export const noticeKinds = ["asked", "reminded", "escalated"] as const;
export type NoticeKind = (typeof noticeKinds)[number];

const mostMails = 50;

const subjects = {
	asked: "A call waits for your approval",
	reminded: "Still waits for approval",
	escalated: "Nobody has approved or rejected it, and its time is nearly over",
} as const satisfies Record<NoticeKind, string>;

type Waiting = ApprovalRow & { requesterName: string; agentName: string | null };

/** How long until the reminder and the escalation, in ms; null where nobody waits any more. */
export async function noticeTimes(
	ctx: ServiceContext,
	approvalId: string,
): Promise<Record<"remind" | "escalate", number> | null> {
	const row = await findWaiting(ctx.db.orm, approvalId);
	if (!row) return null;
	const whole = row.expiresAt.getTime() - row.createdAt.getTime();
	return { remind: whole / 2, escalate: whole / 4 };
}

async function findWaiting(db: Reader, approvalId: string): Promise<Waiting | null> {
	const [found] = await db
		.select({ row: approvals, requesterName: users.name, agentName: agents.name })
		.from(approvals)
		.innerJoin(users, eq(users.id, approvals.requesterId))
		.leftJoin(agents, eq(agents.id, approvals.agentId))
		.where(and(eq(approvals.id, approvalId), eq(approvals.state, "pending"), gt(approvals.expiresAt, sql`now()`)));
	return found ? { ...found.row, requesterName: found.requesterName, agentName: found.agentName } : null;
}

/**
 * Mails to those who can decide of a call that waits, each kind once, however often a job runs: first to those who may, then
 * again, then to those too who set the rules, and to whoever waits. Answers how many; null where nothing waits any more.
 */
export async function mailApprovers(
	ctx: ServiceContext,
	{ approvalId, kind }: { approvalId: string; kind: NoticeKind },
): Promise<number | null> {
	return ctx.db.transaction(async (tx) => {
		const row = await findWaiting(tx, approvalId);
		if (!row) return null;
		const people = await recipientsOf(tx, row, kind);
		const [isNew] = await tx
			.insert(approvalNotices)
			.values({ approvalId, kind, mails: people.length })
			.onConflictDoNothing()
			.returning({ mails: approvalNotices.mails });
		if (!isNew) return 0;
		for (const { id, email, name } of people)
			await writeMail(tx, {
				kind: "notice",
				to: email,
				userId: id,
				subject: `${subjects[kind]}: ${row.tool}`,
				text: textOf(row, kind, name),
			});
		await audit(ctx, tx, {
			action: `approval.${kind === "asked" ? "tell" : kind === "reminded" ? "remind" : "escalate"}`,
			resource: "approval",
			resourceId: approvalId,
			runId: row.runId,
			detail: { mails: people.length },
		});
		return people.length;
	});
}

async function recipientsOf(db: Reader, row: Waiting, kind: NoticeKind) {
	const { permission, requesterId, approvers } = row;
	const columns = { id: users.id, email: users.email, name: users.name };
	const decided = db
		.select({ id: approvalDecisions.userId })
		.from(approvalDecisions)
		.where(eq(approvalDecisions.approvalId, row.id));
	const asWhoever = (where: ReturnType<typeof and>) =>
		db.select(columns).from(users).where(where).orderBy(users.id).limit(mostMails);
	const deciders =
		row.needsSecond && isPermission(permission)
			? await asWhoever(
					and(mayDecideOf({ permission, requesterId, approvers, tool: row.tool }), notInArray(users.id, decided)),
				)
			: [];
	// Whoever asked has it before them in the chat, until they have left.
	const isToRequester = kind === "escalated" || (kind === "reminded" && !row.needsSecond);
	const more = isToRequester ? await asWhoever(and(eq(users.id, requesterId), isNull(users.disabledAt))) : [];
	const above = kind === "escalated" ? await asWhoever(and(isNull(users.disabledAt), holds("approvals:manage"))) : [];
	return [...new Map([...deciders, ...above, ...more].map((one) => [one.id, one])).values()];
}

function textOf(row: Waiting, kind: NoticeKind, name: string): string {
	const { effect, requesterName, agentName, expiresAt, people } = row;
	const who = inLine(agentName ? `${agentName}, for ${requesterName}` : requesterName);
	const first = {
		asked: `${who}, would like to do this, and may only once it was approved:`,
		reminded: `${who}, still waits for somebody to approve or reject this:`,
		escalated: `${who}, waits for somebody to approve or reject this, and nobody has:`,
	} as const satisfies Record<NoticeKind, string>;
	return [
		`Hello ${inLine(name)},`,
		first[kind],
		inLine(row.edit?.effect ?? effect),
		...(people > 1 ? [`It takes ${people} people.`] : []),
		`Look at it whole before you decide: ${approvalUrl(row.id)}`,
		`It ends by itself on ${expiresAt.toUTCString()}, and then nothing is done.`,
	].join("\n\n");
}

type Hook = { url: string; secret: string; policy?: GuardPolicy };

function configuredHook(): Hook | null {
	const { QD_APPROVAL_WEBHOOK_URL: url, QD_APPROVAL_WEBHOOK_SECRET: secret } = env();
	return url && secret ? { url, secret } : null;
}

/** Tells the webhook, where one is set. Why it could not be told, to try again; null where that is done. */
export async function postApproval(
	ctx: ServiceContext,
	{ approvalId, kind }: { approvalId: string; kind: NoticeKind },
	hook = configuredHook(),
): Promise<string | null> {
	if (!hook) return null;
	const row = await findWaiting(ctx.db.orm, approvalId);
	if (!row) return null;
	const body = JSON.stringify({
		type: `approval.${kind}`,
		approvalId,
		tool: row.tool,
		risk: row.risk,
		effect: row.edit?.effect ?? row.effect,
		requester: row.requesterName,
		agent: row.agentName,
		people: row.people,
		createdAt: row.createdAt,
		expiresAt: row.expiresAt,
		url: approvalUrl(approvalId),
	});
	// The receiver keeps each id once: a delivery whose answer was lost is made again.
	const delivery = { url: hook.url, id: `${approvalId}.${kind}`, body, secrets: [hook.secret], signal: ctx.signal };
	const { problem } = await post(delivery, hook.policy);
	return problem;
}
