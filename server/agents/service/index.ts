export {
	agentModels,
	agentTools,
	archiveAgent,
	chooseAgent,
	createAgent,
	defaultIsForAll,
	getAgent,
	listAgents,
	mayAskAgent,
	mayPersonAsk,
	runCaps,
	updateAgent,
	versionOfAgent,
} from "./agents";
export { askReview, discardDraft, reviewDraft, saveDraft } from "./draft";
export { expectManaged as expectManagedAgent, insertAgent } from "./hold";
export { publishDraft, restoreVersion } from "./publish";
export { createFromTemplate } from "./template";
export { exportAgent, importAgent, type KnownTool } from "./transfer";
export { compareVersions, getDraft, getVersion, listVersions, versionOfDraft } from "./versions";
