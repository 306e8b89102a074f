import { eq, sql } from "drizzle-orm";
import { databaseCode, type Tx } from "@/db/connection";
import { budgets } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { isBuiltInRole } from "@/server/core/permissions";
import { forgetCatalogue, tellModels } from "@/server/models/catalogue";
import type { AddBudget, Budget, BudgetRule, ChangeBudget, OneBudget } from "../contract";
import { getBudget } from "./read";
import { nameOf } from "./refusal";

export async function addBudget(ctx: ServiceContext, input: AddBudget): Promise<Budget> {
	const { userId: createdBy } = requireUser(ctx);
	expectMeaning(input);
	const budgetId = await ctx.db
		.transaction(async (tx) => {
			await expectSubject(tx, input);
			const [made] = await tx
				.insert(budgets)
				.values({ ...input, createdBy })
				.returning({ id: budgets.id });
			if (!made) throw new Error("the budget was not stored");
			await audit(ctx, tx, {
				...factOf("budget.create", made.id, input),
				detail: scopeOf(input),
				after: { most: input.most, note: input.note },
			});
			await tellModels(tx);
			return made.id;
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505")
				throw new AppError("CONFLICT", "There is a budget of this kind already: change that one.");
			throw error;
		});
	forgetCatalogue(ctx.db);
	return getBudget(ctx, budgetId);
}

/** Whose and of what it is stays: another budget would count something else. */
export async function changeBudget(
	ctx: ServiceContext,
	{ budgetId, basedOn, ...input }: ChangeBudget,
): Promise<Budget> {
	await ctx.db.transaction(async (tx) => {
		const [before] = await tx.select().from(budgets).where(eq(budgets.id, budgetId)).for("update");
		if (!before) throw notFound("This budget");
		expectUnchanged("this budget", basedOn, before.revision);
		const after = { most: input.most ?? before.most, note: input.note ?? before.note };
		await tx
			.update(budgets)
			.set({ ...after, revision: before.revision + 1, updatedAt: sql`now()` })
			.where(eq(budgets.id, budgetId));
		await audit(ctx, tx, {
			...factOf("budget.update", budgetId, before),
			detail: scopeOf(before),
			before: { most: before.most, note: before.note },
			after,
		});
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
	return getBudget(ctx, budgetId);
}

export async function removeBudget(ctx: ServiceContext, { budgetId }: OneBudget): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [gone] = await tx.delete(budgets).where(eq(budgets.id, budgetId)).returning();
		if (!gone) throw notFound("This budget");
		await audit(ctx, tx, {
			...factOf("budget.remove", budgetId, gone),
			detail: scopeOf(gone),
			before: { most: gone.most, note: gone.note },
		});
		await tellModels(tx);
	});
	forgetCatalogue(ctx.db);
}

type Scope = Omit<BudgetRule, "id" | "most">;
const factOf = (action: string, id: string, { subjectKind, subject }: Scope) => ({
	...{ action, resource: "budget", resourceId: id },
	...(subjectKind === "user" ? { subjectId: subject } : {}),
});
export const scopeOf = ({ subjectKind, subject, isEach, span, measure, currency }: Scope) => ({
	...{ subjectKind, subject, isEach, span, measure, currency },
});

/** What a budget can't mean is refused by the field that says it. */
function expectMeaning({ subjectKind, subject, isEach, measure, span, currency }: AddBudget): void {
	if ((subjectKind === "everybody") !== (subject === ""))
		throw invalidField("subject", subject === "" ? "Name whose budget it is." : "Everybody has no name of its own.");
	if (isEach && !["everybody", "group", "role"].includes(subjectKind))
		throw invalidField("isEach", "Only everybody, a group or a role are several people.");
	if ((measure === "storage") !== (span === "always"))
		throw invalidField("span", measure === "storage" ? "What is stored counts always." : "Choose a day or a month.");
	if (measure !== "money" && currency !== "") throw invalidField("currency", "Only money has a currency.");
	if (measure === "storage" && ["key", "agent", "model"].includes(subjectKind))
		throw invalidField("measure", "People store documents: choose a person, a group, a role or everybody.");
	if (measure === "runs" && subjectKind === "model")
		throw invalidField("measure", "A run has several models: choose tokens or money.");
}

const ids: ReadonlySet<string> = new Set(["user", "group", "key", "agent"]);
const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** It is there at this moment. A model may be one of the environment's, which has no row: it is taken as it is named. */
async function expectSubject(tx: Tx, { subjectKind, subject }: AddBudget): Promise<void> {
	if (subjectKind === "everybody" || subjectKind === "model") return;
	if (subjectKind === "role" && isBuiltInRole(subject)) return;
	const isNamed = (ids.has(subjectKind) || subjectKind === "role") && isUuid.test(subject);
	const name = isNamed ? await nameOf(tx, { subjectKind, subject }) : "";
	if (name === "" || (subjectKind === "role" && name === subject)) throw notFound(`This ${subjectKind}`);
}
