import { and, eq, inArray, isNull, notInArray, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { agents, users } from "@/db/schema";
import { env } from "@/server/core/env";
import { isShared } from "@/server/core/grants";
import { roleMay, roles } from "@/server/core/permissions";
import { everyone, roleKeys } from "@/server/core/rights";
import { inLine, writeMail } from "@/server/mail/service";

const mostMails = 50;
const columns = { id: users.id, email: users.email, name: users.name };

/** Whether the agent of the row was given to the person of the row to manage, or is theirs. */
const looksAfter = sql`(${agents.createdBy} = ${users.id} or exists (select from grants g
	where g.resource_kind = 'agent' and g.resource_id = ${agents.id} and g.level = 'manage' and (
		g.grantee in (${everyone}, ${users.id}::text)
		or g.grantee in (select group_id::text from group_members where user_id = ${users.id})
		or g.grantee in (${roleKeys}))))`;
/** Administrators manage what is shared with everyone. */
const administers = sql`(${isShared("agent", agents.id)} and exists (select from (${roleKeys}) held
	where held.role in ${roles.filter((role) => roleMay(role, "shares:manage"))}
		or held.role in (select id::text from roles where 'shares:manage' = any(permissions))))`;

type Drafted = { agentId: string; name: string; authorIds: string[] };

const page = (agentId: string): string => {
	const { QD_URL, PORT } = env();
	return new URL(`/agents/${agentId}`, QD_URL ?? `http://localhost:${PORT}`).href;
};

/** Mails to those who may review a draft: who looks after the agent and did not write it; where nobody does, administrators. */
export async function tellReviewers(tx: Tx, { agentId, name, authorIds }: Drafted, askedBy: string): Promise<number> {
	const others = [eq(agents.id, agentId), isNull(users.disabledAt), notInArray(users.id, authorIds)];
	const find = (who: typeof looksAfter) =>
		tx
			.select(columns)
			.from(users)
			.innerJoin(agents, and(...others, who))
			.orderBy(users.id)
			.limit(mostMails);
	const near = await find(looksAfter);
	const people = near.length > 0 ? near : await find(administers);
	for (const { id, email, name: called } of people)
		await writeMail(tx, {
			...{ kind: "notice" as const, to: email, userId: id, subject: `A draft of ${name} waits for your review` },
			text: [
				`Hello ${inLine(called)},`,
				`${inLine(askedBy)} has sent the draft of the agent ${inLine(name)} for review. It answers nobody until somebody who did not write it has approved it.`,
				`Look at what it changes before you decide: ${page(agentId)}`,
			].join("\n\n"),
		});
	return people.length;
}

/** Mails to those who wrote it what was decided, and why. */
export async function tellAuthors(
	tx: Tx,
	{ agentId, name, authorIds }: Drafted,
	decided: { by: string; isApproved: boolean; note: string },
): Promise<number> {
	if (authorIds.length === 0) return 0;
	const people = await tx
		.select(columns)
		.from(users)
		.where(and(inArray(users.id, authorIds), isNull(users.disabledAt)))
		.orderBy(users.id)
		.limit(mostMails);
	const { by, isApproved, note } = decided;
	const what = isApproved ? "approved" : "sent back";
	for (const { id, email, name: called } of people)
		await writeMail(tx, {
			...{ kind: "notice" as const, to: email, userId: id, subject: `Your draft of ${name} was ${what}` },
			text: [
				`Hello ${inLine(called)},`,
				`${inLine(by)} has ${what} the draft of the agent ${inLine(name)}${isApproved ? ": it can be published as it is." : "."}`,
				...(note ? [`They say: ${inLine(note)}`] : []),
				page(agentId),
			].join("\n\n"),
		});
	return people.length;
}
