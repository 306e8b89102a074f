import type { Permission } from "@/server/core/permissions";
import type { Kind } from "./makers";

export type IdCase =
	/** Another person's is as if it did not exist, but for who holds the permission to oversee. */
	| { is: "own"; kind: Kind; overseenWith?: Permission }
	/** It narrows a search: another person's narrows it to nothing, like one that does not exist. */
	| { is: "filter"; kind: Kind }
	/** It is the organisation's: whoever holds the permission may name it. */
	| { is: "shared"; kind: Kind; because: string }
	/** It names no object. */
	| { is: "word"; because: string };

const own = (kind: Kind, overseenWith?: Permission): IdCase => ({ is: "own", kind, overseenWith });
const filter = (kind: Kind): IdCase => ({ is: "filter", kind });
const shared = (kind: Kind, because: string): IdCase => ({ is: "shared", kind, because });
const word = (because: string): IdCase => ({ is: "word", because });

const person = shared("user", "who holds users:write manages every account");
const anyone = shared("user", "who holds sessions:manage ends any session");
const anySession = shared("session", "who holds sessions:manage ends any session");
const anyKey = shared("key", "who holds keys:manage revokes any key");
const role = shared("role", "roles are the organisation's");
const group = shared("group", "groups are the organisation's");
const holder = shared("user", "roles are given to any account or group");
const asked = shared("user", "who holds access:explain asks about anybody; others only about themselves");
const askedOn = (kind: Kind) => shared(kind, "who holds access:explain asks about anything; its name they don't learn");
const askedThrough = shared("key", "it is looked for among the keys of whom the question is about");
const unasked = word("who may not ask an agent is told so, whether there is one or not");
const resource = own("collection");
const grantee = shared("user", "one shares with any person, group or role");
const job = shared("job", "jobs are the installation's");
const anyApproval = shared("approval", "who holds approvals:decide decides of what anybody asked for");
const invitation = shared("invitation", "who holds users:write manages every invitation");
const program = shared("program", "programs are the organisation's");
const mcpServer = own("mcpServer");
const connection = shared("modelConnection", "connections to models are the organisation's");
const model = shared("model", "models are the organisation's");
const modelRoute = shared("modelRoute", "routes of models are the organisation's");
const policy = shared("safetyPolicy", "safety policies are the installation's");
const guarded = shared("agent", "safety policies look at the runs of any agent");
const insights = {
	agentId: shared("agent", "who holds insights:read sees what any agent took"),
	userId: shared("user", "who holds insights:read sees what anybody took"),
	groupId: shared("group", "groups are the organisation's"),
};
const mail = shared("mail", "the outbox is the installation's");
const credential = word("what an authenticator calls its key; it counts with a signature by it only");
const branch = word("it is looked for among the branches of the thread beside it alone");
const checkpoint = word("it is looked for among the checkpoints of the run beside it alone");
const followed = word(
	"it stands in place of promptVersionId, with a label: server/prompts/agents.test.ts tries it as a stranger",
);
const tells = word("what tells one window of a playground from the others");
const noted = word("where a text was begun from; it is shown by name to who may read it, and opens nothing");
const spanOfTrace = word("it is looked for among the spans of the trace beside it alone");
const position = word("the position in a stream");

/**
 * What each id in an input names, for every procedure that takes one. `npm run check` fails where one is missing: swap.test.ts
 * then calls it as somebody else. A new kind of object gets its maker in makers.ts.
 */
export const idCases: Record<string, Record<string, IdCase>> = {
	"users.create": { role },
	"users.get": { userId: person },
	"users.setRole": { role, userId: person },
	"users.setDisabled": { userId: person },
	"users.erase": { userId: person },

	"access.getRole": { role },
	"access.compareRole": { role },
	"access.updateRole": { role },
	"access.removeRole": { role },
	"access.assignRole": { role, holderId: holder },
	"access.unassignRole": { role, holderId: holder },
	"access.getGroup": { groupId: group },
	"access.listMembers": { groupId: group },
	"access.updateGroup": { groupId: group },
	"access.removeGroup": { groupId: group },
	"access.addMembers": { groupId: group, "userIds[]": holder },
	"access.removeMembers": { groupId: group, "userIds[]": holder },
	"access.getStanding": { userId: asked },
	"access.preview": { userId: asked },
	"access.explain": {
		"who.userId": asked,
		"who.keyId": askedThrough,
		"who.agentId": unasked,
		"on.resourceId": askedOn("collection"),
	},
	"access.listGrants": { resourceId: resource },
	"access.share": { resourceId: resource, grantee },
	"access.unshare": { resourceId: resource, grantee: word("nothing is taken from whom nothing was shared with") },

	"sessions.end": { sessionId: own("session") },
	"sessions.listOf": { userId: anyone },
	"sessions.endOf": { userId: anyone, sessionId: anySession },
	"sessions.endAllOf": { userId: anyone },

	"keys.get": { keyId: own("key") },
	"keys.rotate": { keyId: own("key") },
	"keys.revoke": { keyId: own("key") },
	"keys.revokeAny": { keyId: anyKey },

	"account.startReset": { userId: person },
	"invitations.create": { role, "groupIds[]": group },
	"invitations.resend": { invitationId: invitation },
	"invitations.revoke": { invitationId: invitation },
	"auth.prove": { "passkey.id": credential, "passkey.rawId": credential },
	"factors.addPasskey": { "registration.id": credential, "registration.rawId": credential },
	"factors.renamePasskey": { passkeyId: own("passkey") },
	"factors.removePasskey": { passkeyId: own("passkey") },
	"factors.setPolicy": { role },
	"factors.reset": { userId: person },

	"oauth.getProgram": { programId: program },
	"oauth.revokeProgram": { programId: program },

	"models.getConnection": { connectionId: connection },
	"models.changeConnection": { connectionId: connection },
	"models.removeConnection": { connectionId: connection },
	"models.addModel": { connectionId: connection },
	"models.changeModel": { modelId: model },
	"models.removeModel": { modelId: model },
	"models.addPrice": { modelId: model },
	"models.removePrice": { priceId: shared("modelPrice", "prices of models are the organisation's") },
	"models.getRoute": { routeId: modelRoute },
	"models.addRoute": { "steps[].modelId": model },
	"models.changeRoute": { routeId: modelRoute, "steps[].modelId": model },
	"models.removeRoute": { routeId: modelRoute },
	"models.callsOfRun": { runId: own("run") },

	"insights.own": { agentId: filter("agent") },
	"insights.everybody": insights,
	"insights.export": insights,
	"budgets.askForMore": { limitId: own("budget") },
	"budgets.change": { budgetId: shared("budget", "who holds budgets:manage sets anybody's budget") },
	"budgets.remove": { budgetId: shared("budget", "who holds budgets:manage sets anybody's budget") },

	"remotes.get": { serverId: mcpServer },
	"remotes.change": { serverId: mcpServer },
	"remotes.remove": { serverId: mcpServer },
	"remotes.refresh": { serverId: mcpServer },
	"remotes.setTool": { toolId: own("mcpTool") },

	"mail.open": { mailId: mail },
	"mail.send": { mailId: mail },

	"knowledge.getCollection": { collectionId: own("collection") },
	"knowledge.updateCollection": { collectionId: own("collection") },
	"knowledge.getIndexing": { collectionId: own("collection") },
	"knowledge.reindexCollection": { collectionId: own("collection") },
	"knowledge.cancelReindex": { collectionId: own("collection") },
	"knowledge.deleteCollection": { collectionId: own("collection") },
	"knowledge.watchCollection": { collectionId: own("collection"), lastEventId: position },
	"knowledge.addDocument": { collectionId: own("collection"), uploadId: own("upload") },
	"knowledge.steerDocuments": { collectionId: own("collection"), "documentIds[]": filter("document") },
	"knowledge.addText": { collectionId: own("collection") },
	"knowledge.addAddress": { collectionId: own("collection") },
	"knowledge.listDocuments": { collectionId: own("collection") },
	"knowledge.readDocument": { documentId: own("document"), chunkId: own("chunk") },
	"knowledge.getDocument": { documentId: own("document") },
	"knowledge.retryDocument": { documentId: own("document") },
	"knowledge.deleteDocument": { documentId: own("document") },
	"knowledge.openDocument": { documentId: own("document") },
	"knowledge.updateDocument": { documentId: own("document") },
	"knowledge.getHealth": { collectionId: own("collection") },
	"knowledge.getDuplicates": { collectionId: own("collection") },
	"sources.list": { collectionId: own("collection") },
	"sources.add": { collectionId: own("collection"), keyId: word("what a store of somebody else calls its key") },
	"sources.get": { sourceId: own("source") },
	"sources.change": { sourceId: own("source"), keyId: word("what a store of somebody else calls its key") },
	"sources.sync": { sourceId: own("source") },
	"sources.remove": { sourceId: own("source") },
	"sources.listSyncs": { sourceId: own("source") },
	"sources.listProblems": { sourceId: own("source") },
	"knowledge.search": { "collectionIds[]": filter("collection") },

	"agents.get": { agentId: own("agent") },
	"agents.create": {
		promptVersionId: own("promptVersion"),
		"promptLabel.promptId": followed,
		"collectionIds[]": filter("collection"),
	},
	"agents.update": {
		agentId: own("agent"),
		promptVersionId: own("promptVersion"),
		"promptLabel.promptId": followed,
		"collectionIds[]": filter("collection"),
	},
	"agents.archive": { agentId: own("agent") },
	"agents.getVersion": { agentId: own("agent") },
	"agents.compareVersions": { agentId: own("draftedAgent") },
	"agents.listVersions": { agentId: own("agent") },
	"agents.getDraft": { agentId: own("draftedAgent") },
	"answers.figures": { agentId: own("agent") },
	"answers.clear": { agentId: own("agent") },
	"agents.discardDraft": { agentId: own("draftedAgent") },
	"agents.askReview": { agentId: own("draftedAgent") },
	"agents.review": { agentId: own("draftedAgent") },
	"agents.publish": { agentId: own("draftedAgent") },
	"agents.restore": { agentId: own("agent") },
	"agents.export": { agentId: own("agent") },
	"agents.import": { agentId: own("agent") },
	"agents.saveDraft": {
		agentId: own("agent"),
		promptVersionId: own("promptVersion"),
		"promptLabel.promptId": followed,
		"collectionIds[]": filter("collection"),
	},

	"approvals.get": { approvalId: anyApproval },
	"approvals.approve": { approvalId: anyApproval },
	"approvals.edit": { approvalId: anyApproval },
	"approvals.saveRule": { agentId: shared("agent", "who holds approvals:manage rules every agent") },
	"approvals.removeRule": { ruleId: shared("approvalRule", "rules are the organisation's") },
	"approvals.reject": { approvalId: anyApproval },
	"approvals.answerOwn": { approvalId: own("approval") },
	"approvals.watch": { lastEventId: position },

	"threads.create": {
		threadId: word("an id that the caller makes up for a thread of their own"),
		agentId: own("agent"),
	},
	"threads.get": { threadId: own("thread"), branchId: branch },
	"threads.summary": {
		threadId: own("summarisedThread"),
		summaryId: word("it is looked for among the summaries of the thread beside it alone"),
	},
	"threads.export": { threadId: own("thread"), branchId: branch },
	"threads.append": {
		threadId: own("thread"),
		after: word("it is looked for among the runs of the thread beside it alone"),
	},
	"threads.rename": { threadId: own("thread") },
	"threads.remove": { threadId: own("thread") },

	"checkpoints.ofRun": { runId: own("run") },
	"checkpoints.get": { runId: own("checkpointedRun"), checkpointId: checkpoint },
	"checkpoints.fork": { runId: own("checkpointedRun"), checkpointId: checkpoint },
	"checkpoints.compare": { runId: own("run"), otherRunId: own("run") },
	"runs.start": {
		threadId: own("thread"),
		branchId: branch,
		after: word("it is looked for among the runs of the thread beside it alone"),
		agentId: own("agent"),
		"collectionIds[]": filter("collection"),
	},
	"traces.read": { traceId: own("trace", "traces:oversee") },
	"traces.spans": { traceId: own("trace", "traces:oversee") },
	"traces.content": { traceId: own("tracedSpan", "traces:oversee"), spanId: spanOfTrace },
	"runs.get": { runId: own("run") },
	"runs.stop": { runId: own("run") },
	"research.get": { runId: own("run") },
	"research.acceptPlan": { runId: own("planned") },
	"research.steer": { runId: own("planned") },
	"evaluations.getDataset": { datasetId: own("dataset") },
	"evaluations.changeDataset": { datasetId: own("dataset") },
	"evaluations.removeDataset": { datasetId: own("dataset") },
	"evaluations.listItems": { datasetId: own("dataset") },
	"evaluations.itemHistory": { datasetId: own("dataset"), itemId: own("datasetItem") },
	"evaluations.addItem": { datasetId: own("dataset") },
	"evaluations.changeItem": { datasetId: own("dataset"), itemId: own("datasetItem") },
	"evaluations.removeItem": { datasetId: own("dataset"), itemId: own("datasetItem") },
	"evaluations.addRun": { datasetId: own("dataset"), runId: own("answeredRun") },
	"evaluations.importItems": { datasetId: own("dataset") },
	"evaluations.exportItems": { datasetId: own("dataset") },
	"evaluations.startExperiment": {
		datasetId: own("datasetToAsk"),
		"agentIds[]": own("agent"),
		"promptVersionIds[]": own("promptVersion"),
	},
	"evaluations.getExperiment": { experimentId: own("experiment") },
	"evaluations.listResults": { experimentId: own("experiment") },
	"evaluations.steerExperiment": { experimentId: own("experiment") },
	"evaluations.removeExperiment": { experimentId: own("experiment") },
	"evaluations.compare": { firstId: own("experimentVariant"), secondId: own("experimentVariant") },
	"evaluations.findCalibration": { variantId: own("experimentVariant") },
	"evaluations.calibrate": { variantId: own("experimentVariant") },
	"evaluations.nextAnswer": { experimentId: own("experiment") },
	"evaluations.rate": { experimentId: own("experiment"), resultId: own("experimentResult") },
	"evaluations.getScoring": { agentId: own("agent") },
	"evaluations.setScoring": { agentId: own("agent") },
	"extractions.start": {
		agentId: own("extractor"),
		collectionId: own("collection"),
		"documentIds[]": own("documentWithin"),
	},
	"extractions.get": { extractionId: own("extraction") },
	"extractions.columns": { extractionId: own("extraction") },
	"extractions.listResults": { extractionId: own("extraction") },
	"extractions.getResult": { extractionId: own("extraction"), resultId: own("extractionResult") },
	"extractions.history": { extractionId: own("extraction"), resultId: own("extractionResult") },
	"extractions.correct": { extractionId: own("extraction"), resultId: own("extractionResult") },
	"extractions.steer": { extractionId: own("extraction") },
	"extractions.remove": { extractionId: own("extraction") },
	"extractions.export": { extractionId: own("extraction") },
	"runs.events": { runId: own("run"), lastEventId: position },

	"triggers.get": { triggerId: own("trigger") },
	"triggers.calls": { triggerId: own("trigger") },
	"triggers.addSchedule": { agentId: own("agent") },
	"triggers.addWebhook": { agentId: own("agent") },
	"triggers.change": { triggerId: own("trigger") },
	"triggers.rotate": { triggerId: own("trigger") },
	"triggers.start": { triggerId: own("trigger") },
	"triggers.remove": { triggerId: own("trigger") },

	"feedback.give": { runId: own("answeredRun") },
	"feedback.withdraw": { runId: own("judgedRun") },
	"feedback.get": { feedbackId: own("feedback") },

	"prompts.get": { promptId: own("prompt") },
	"prompts.render": { promptId: own("labelledPrompt") },
	"prompts.getLabels": { promptId: own("prompt") },
	"prompts.getLabel": { promptId: own("labelledPrompt") },
	"prompts.moveLabel": { promptId: own("prompt") },
	"prompts.removeLabel": { promptId: own("labelledPrompt") },
	"prompts.protectLabel": { promptId: own("labelledPrompt") },
	"prompts.splitLabel": { promptId: own("labelledPrompt") },
	"prompts.endSplit": { promptId: own("splitPrompt") },
	"prompts.listMoves": { promptId: own("prompt") },
	"prompts.reviewMove": { promptId: own("proposedPrompt"), moveId: own("labelMove") },
	"prompts.setGate": { promptId: own("labelledPrompt"), datasetId: own("dataset") },
	"prompts.removeGate": { promptId: own("labelledPrompt") },
	"prompts.usage": { promptId: own("prompt") },

	"playground.keep": {
		"bench.windows[].id": tells,
		"bench.windows[].from.promptId": noted,
		"bench.passages[].documentId": word("what is noted beside it is the caller's own text; it opens nothing"),
	},
	"playground.start": { "passages[].documentId": own("document") },
	"playground.follow": { trialId: own("trial"), lastEventId: position },
	"playground.fromRun": { runId: own("run") },

	"prompts.save": { promptId: own("prompt") },

	"procedures.tryTool": { agentId: own("agent") },

	"safety.get": { policyId: policy },
	"safety.versions": { policyId: policy },
	"safety.create": { "agentIds[]": guarded },
	"safety.save": { policyId: policy, "agentIds[]": guarded },
	"safety.restore": { policyId: policy },
	"safety.remove": { policyId: policy },
	"safety.reveal": {
		runId: shared("coveredRun", "who holds safety:reveal looks behind any mark, and the audit says so"),
	},

	"stops.lift": { stopId: shared("stop", "stops are the installation's") },

	"jobs.get": { jobRunId: job },
	"jobs.cancel": { jobRunId: job },
	"jobs.retry": { jobRunId: job },

	"audit.getVerification": { verificationId: shared("auditVerification", "the audit has no rows of one's own") },
	"audit.placeHold": { userId: shared("user", "who holds audit:manage holds any account") },
	"audit.releaseHold": { holdId: shared("auditHold", "holds are the organisation's") },
	"audit.getExport": { exportId: own("auditExport") },
	"audit.cancelExport": { exportId: own("auditExport") },
	"audit.openExport": { exportId: own("auditExport") },
};
