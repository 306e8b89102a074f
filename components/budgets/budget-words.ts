import { money } from "@/components/models/money";
import { bytes, counted } from "@/components/ui/figures";
import type { BudgetMeasure, BudgetSpan, BudgetSubject } from "@/server/budgets/contract";

export const subjectWords = {
	everybody: "Everybody",
	user: "Person",
	group: "Group",
	role: "Role",
	key: "Access key",
	agent: "Agent",
	model: "Model",
} as const satisfies Record<BudgetSubject, string>;

export const measureWords = {
	tokens: "Tokens",
	money: "Money",
	runs: "Runs",
	storage: "Storage",
} as const satisfies Record<BudgetMeasure, string>;

export const spanWords = {
	day: "a day",
	month: "a month",
	always: "in all",
} as const satisfies Record<BudgetSpan, string>;

/** How many of what a budget counts make one of what people type: money in its currency, storage in megabytes. */
export const unitOf = { tokens: 1, money: 1_000_000, runs: 1, storage: 1_048_576 } as const satisfies Record<
	BudgetMeasure,
	number
>;

/** An amount with its unit, as people read it. */
export function amount(measure: BudgetMeasure, value: number, currency: string): string {
	switch (measure) {
		case "tokens":
			return counted(value, "token");
		case "money":
			return money(value, currency || null);
		case "runs":
			return counted(value, "run");
		case "storage":
			return bytes(value);
	}
}

type Named = { subjectKind: BudgetSubject; subjectName: string; isEach: boolean };
/** Whose a budget is: `Each of Sales`, `Sales together`. */
export function whose({ subjectKind, subjectName, isEach }: Named): string {
	if (subjectKind === "everybody") return isEach ? "Each person" : "Everybody together";
	if (isEach) return `Each of ${subjectName}`;
	return subjectKind === "group" || subjectKind === "role" ? `${subjectName} together` : subjectName;
}
