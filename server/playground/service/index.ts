export { getBench, getTriedRun, keepBench } from "./bench";
export { followTrial, tidyTrials } from "./follow-trial";
export { startTrial } from "./start-trial";
