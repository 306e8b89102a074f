import { type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { budgetMet } from "./refusal";
import { asksForPeople, type Bound, boundBy, readPeople, readRules } from "./rules";

/** Makes sure that so many bytes more may be stored by somebody; of two at once, the second sees what the first has stored. */
export async function expectRoom(tx: Tx, userId: string, bytes: number): Promise<void> {
	const rules = await readRules(tx, ["storage"]);
	if (rules.length === 0) return;
	const people = asksForPeople(rules) ? await readPeople(tx, userId) : {};
	const bound = boundBy(rules, { userId, keyId: null, agentId: null, ...people });
	const inOrder = bound.toSorted((one, other) => (one.id < other.id ? -1 : 1));
	for (const rule of inOrder) {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${rule.id} ${rule.part}`}, 2))`);
		if ((await storedOf(tx, rule)) + bytes > rule.most) throw await budgetMet(tx, rule);
	}
}

/** The bytes of the documents that count: each as often as it was added, until it is deleted. */
export async function storedOf(db: Reader, rule: Bound): Promise<number> {
	const [row] = await db.execute<{ bytes: string }>(
		sql`select coalesce(sum(d.size), 0) as bytes from documents d where d.deleted_at is null and ${addedBy(rule)}`,
	);
	return Number(row?.bytes ?? 0);
}

function addedBy({ subjectKind, subject, isEach, part }: Bound): SQL {
	if (isEach) return sql`d.uploaded_by = ${part}`;
	switch (subjectKind) {
		case "user":
			return sql`d.uploaded_by = ${subject}`;
		case "group":
			return sql`d.uploaded_by in (select user_id from group_members where group_id::text = ${subject})`;
		case "role":
			return sql`d.uploaded_by in (select id from users where role = ${subject} union select holder_id from role_assignments
				where role = ${subject})`;
		case "everybody":
		case "key":
		case "agent":
		case "model":
			return sql`true`;
	}
}
