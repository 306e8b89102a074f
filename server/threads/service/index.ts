export { appendTurns } from "./append-turns";
export { removeThread, removeThreads, renameThread } from "./change-thread";
export { createThread } from "./create-thread";
export { exportThread } from "./export-thread";
export { listThreads } from "./list-threads";
export { getThread, versionOfThread } from "./read-thread";
export {
	forgetSummaries,
	getSummary,
	keepSummary,
	restsOnOf,
	summariesFor,
	turnsAfter,
} from "./summaries";
