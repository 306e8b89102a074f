export { askedModel } from "./asked-model";
export { getBench, getTriedRun, keepBench } from "./bench";
export { followTrial, type Heard, tidyTrials } from "./follow-trial";
export { startTrial } from "./start-trial";
