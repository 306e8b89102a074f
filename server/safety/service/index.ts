export { HeldBack, openGuard, RunGuard } from "./guard";
export { checkQuestion } from "./input";
export {
	createPolicy,
	getPolicy,
	listPolicies,
	listPolicyVersions,
	removePolicy,
	restorePolicy,
	savePolicy,
} from "./policies";
export { policiesNow } from "./policies-now";
export { tryPolicy } from "./try-policy";
export { countVerdicts, listVerdicts, revealRun } from "./verdicts";
