export { askForMore } from "./ask";
export {
	type BudgetNow,
	expectMore,
	expectTokens,
	holdBudget,
	type KeyBudget,
	reserveTokens,
	settleForgotten,
	settleTokens,
} from "./defaults";
export { holdCall, holdRun, settleCalls, settleLate } from "./hold";
export { ownUsage } from "./own";
export { listBudgets } from "./read";
export { expectRoom } from "./storage";
export { listUsedCalls, usageSums } from "./usage";
export { addBudget, changeBudget, removeBudget } from "./write";
