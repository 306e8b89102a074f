import type { Client } from "../support/client";

/** Two budgets, of which one is used up for a good part, and the pages that show them. */
export async function fillBudgets(api: Client["api"]): Promise<Record<string, string>> {
	const month = { span: "month", note: "For the trial of the harbour" } as const;
	const budget = await api.budgets.add.mutate({ subjectKind: "everybody", measure: "tokens", most: 40_000, ...month });
	const each = { subjectKind: "role", subject: "staff", isEach: true } as const;
	await api.budgets.add.mutate({ ...each, measure: "money", currency: "EUR", most: 20_000_000, ...month });
	return {
		ownInsights: "/insights?span=24h",
		everybodysInsights: "/insights/everybody?by=agent&span=30d",
		ownUsage: "/budgets",
		everybodysUsage: "/budgets/everybody",
		budget: `/budgets/rules?open=${budget.id}`,
	};
}
