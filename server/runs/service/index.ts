export { runsChannel as runsChannelOf, toRunEvent } from "../events";
export { branchAfter } from "./branch-after";
export { askBudget } from "./budget";
export { followRun } from "./follow-run";
export { hideSources } from "./hide-sources";
export { getRun, listRuns, runsOfThread, versionOfRun } from "./read-runs";
export { removeRuns } from "./remove-runs";
export { startRun } from "./start-run";
export { stopRun } from "./stop-run";
