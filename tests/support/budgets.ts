import { eq } from "drizzle-orm";
import { budgets } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";

/** A budget of the caller's own, in place of the one that was made before. */
export async function makeBudget({ db, ...ctx }: ServiceContext): Promise<string> {
	const { userId: subject } = requireUser({ db, ...ctx });
	await db.orm.delete(budgets).where(eq(budgets.subject, subject));
	const values = { subjectKind: "user", subject, measure: "runs", span: "day", most: 1 } as const;
	const [made] = await db.orm.insert(budgets).values(values).returning({ id: budgets.id });
	return made?.id ?? "";
}
