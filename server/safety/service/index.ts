export { openGuard, type RunGuard } from "./guard";
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
export { tryPolicy } from "./try-policy";
export { countVerdicts, listVerdicts, revealRun } from "./verdicts";
