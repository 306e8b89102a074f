import { eq, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { budgets } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { Budget, ListBudgets } from "../contract";
import { subjectName } from "./refusal";
import { ofAll, standingsOf } from "./standing";

const select = <More extends Record<string, SQL>>(db: Reader, more: More) =>
	db
		.select({
			id: budgets.id,
			subjectKind: budgets.subjectKind,
			subject: budgets.subject,
			name: subjectName(sql`${budgets.subjectKind}`, sql`${budgets.subject}`),
			isEach: budgets.isEach,
			measure: budgets.measure,
			span: budgets.span,
			currency: budgets.currency,
			most: budgets.most,
			note: budgets.note,
			revision: budgets.revision,
			createdByName: sql<string | null>`(select name from users maker where maker.id = ${budgets.createdBy})`,
			createdAt: budgets.createdAt,
			updatedAt: budgets.updatedAt,
			...more,
		})
		.from(budgets);

type Row = Omit<Budget, "subjectName" | "used" | "held" | "peak" | "startedAt" | "resetsAt"> & { name: string | null };

async function toBudgets(db: Reader, rows: Row[]): Promise<Budget[]> {
	const standings = await standingsOf(db, rows.map(ofAll));
	return rows.map(({ name, ...row }) => ({
		...row,
		// What is gone still has its budget, and has to be seen.
		subjectName: name ?? `a ${row.subjectKind} that is gone`,
		...(standings.get(row.id) ?? { used: 0, held: 0, peak: 0, startedAt: null, resetsAt: null }),
	}));
}

export async function listBudgets(
	ctx: ServiceContext,
	input: ListBudgets,
): Promise<{ rows: Budget[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { subjectKind: budgets.subjectKind, measure: budgets.measure, span: budgets.span },
		sort: { createdAt: budgets.createdAt },
		id: budgets.id,
	});
	const rows = await select(ctx.db.orm, { key: list.key })
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { rows: await toBudgets(ctx.db.orm, page.rows), next: page.next };
}

export async function getBudget(ctx: ServiceContext, budgetId: string): Promise<Budget> {
	const [budget] = await toBudgets(ctx.db.orm, await select(ctx.db.orm, {}).where(eq(budgets.id, budgetId)));
	if (!budget) throw notFound("This budget");
	return budget;
}
