export type { Work } from "./bind";
export { answerOwn, approve, reject } from "./decide";
export { onceInRun } from "./once-in-run";
export { ApprovalNeeded, approvalUrl } from "./outcome";
export { endOverdueApprovals } from "./overdue";
export { countWaiting, getApproval, listApprovals } from "./read";
export { forgetEffects, voidOfRuns } from "./spend";
export { watchApprovals } from "./watch";
export { withApproval } from "./with-approval";
