export { acceptPlan } from "./accept-plan";
export { planOf, proposePlan, takeSteers, waitedForPlanMs, waivePlan } from "./of-run";
export { getResearch } from "./read";
export { steerRun } from "./steer-run";
