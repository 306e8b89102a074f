import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	AddBudget,
	AskedForMore,
	AskForMore,
	Budget,
	BudgetPage,
	ChangeBudget,
	ListBudgets,
	ListUsedCalls,
	OneBudget,
	OwnUsage,
	Usage,
	UsageSums,
	UsedCallPage,
} from "./contract";
import {
	addBudget,
	askForMore,
	changeBudget,
	listBudgets,
	listUsedCalls,
	ownUsage,
	removeBudget,
	usageSums,
} from "./service";

export const budgetsRouter = router({
	own: procedure("account:read", {
		rest: "GET /own-usage",
		summary: "Get the limits that bind one, what is used and held back of each, and one's last 30 days.",
		risk: "read",
	})
		.input(Nothing)
		.output(OwnUsage)
		.query(({ ctx }) => ownUsage(ctx)),

	askForMore: procedure("runs:write", {
		rest: "POST /own-usage/ask",
		summary: "Ask for more of a limit that binds one: it waits for an approval, and is raised with it.",
		risk: "write",
	})
		.input(AskForMore)
		.output(AskedForMore)
		.mutation(({ ctx, input }) => askForMore(ctx, input)),

	list: procedure("budgets:read", {
		rest: "GET /budgets",
		summary: "List the budgets, with what is used and held back of each.",
		risk: "read",
	})
		.input(ListBudgets)
		.output(BudgetPage)
		.query(({ ctx, input }) => listBudgets(ctx, input)),

	add: procedure("budgets:manage", {
		rest: "POST /budgets",
		summary: "Set what somebody, a group, a role, a key, an agent or a model may take at most.",
		risk: "write",
		stepUp: true,
	})
		.input(AddBudget)
		.output(Budget)
		.mutation(({ ctx, input }) => addBudget(ctx, input)),

	change: procedure("budgets:manage", {
		rest: "PATCH /budgets/{budgetId}",
		summary: "Change a budget's limit or note; what was taken of it stays.",
		risk: "write",
		stepUp: true,
	})
		.input(ChangeBudget)
		.output(Budget)
		.mutation(({ ctx, input }) => changeBudget(ctx, input)),

	remove: procedure("budgets:manage", {
		rest: "DELETE /budgets/{budgetId}",
		summary: "Remove a budget; the installation's own limits hold all the same.",
		risk: "danger",
	})
		.input(OneBudget)
		.output(Done)
		.mutation(async ({ ctx, input }) => {
			await removeBudget(ctx, input);
			return { done: true };
		}),

	usage: procedure("budgets:read", {
		rest: "GET /usage",
		summary: "Add up what the models took this month by person, group, agent, model or key, with a forecast.",
		risk: "read",
	})
		.input(Usage)
		.output(UsageSums)
		.query(({ ctx, input }) => usageSums(ctx, input)),

	listCalls: procedure("budgets:read", {
		rest: "GET /used-calls",
		summary: "List the calls of models that were counted, down to their runs.",
		risk: "read",
	})
		.input(ListUsedCalls)
		.output(UsedCallPage)
		.query(({ ctx, input }) => listUsedCalls(ctx, input)),
});
