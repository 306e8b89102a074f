export { compareRuns } from "./compare-runs";
export { forkRun } from "./fork-run";
export { getCheckpoint, readCheckpoints } from "./read-checkpoints";
