import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { expect } from "playwright/test";
import { type Client, connect } from "../support/client";
import { invoiceAnswer, invoiceLines } from "../support/invoices";
import { fillBudgets } from "./budgets-world";
import { fillEvaluations } from "./evaluations-world";
import { fillSafety } from "./safety-world";
import { owner, type Standing, staff, viewer } from "./standing";
import { fillTraces } from "./traces-world";

type Api = Client["api"];
const text = `# Berths\n\n${"The ferry Marrowby uses berth 4 on weekdays and berth 2 on Sundays. ".repeat(30)}`;

/** Where every page stands that has something on it, by a name for its picture. */
export type World = {
	paths: Record<string, string>;
	/** What whoever is signed in nowhere sees. */
	open: Record<string, string>;
	/** Whose sign-in asks for a second step. */
	guarded: { email: string; password: string };
};

/** Fills a new installation through its procedures, so that no page is empty. */
export async function fill(standing: Standing): Promise<World> {
	const stranger = await connect(standing.url);
	await stranger.api.auth.createOwner.mutate({ code: standing.setupCode, ...owner });
	const { api } = await connect(standing.url, owner);
	const work = await fillWork(api);
	await fillSource(api, work.collectionId, standing.folder);
	const research = await fillResearch(standing, api);
	const extraction = await fillExtraction(standing, api);
	const people = await fillPeople(standing.url, api, work);
	const mails = await fillMails(api, people);
	const audit = await fillAudit(api);
	const account = await fillAccount(api);
	const evaluations = await fillEvaluations(standing, api);
	const models = await fillModels(standing, api);
	const budgets = await fillBudgets(api);
	const safety = await fillSafety(api);
	const traces = await fillTraces(standing, api);
	return {
		paths: {
			...work.paths,
			...research,
			...extraction,
			...people.paths,
			...mails.paths,
			...audit,
			...account,
			...models,
			...budgets,
			...safety,
			...traces,
			...evaluations,
		},
		open: mails.open,
		guarded: staff,
	};
}

/** A folder that the collection follows, with a file that can be taken and one that can't. */
async function fillSource(api: Api, collectionId: string, folder: string): Promise<void> {
	await writeFile(join(folder, "tides.md"), "# Tides\n\nHigh water at noon.");
	await writeFile(join(folder, "empty.md"), "");
	const more = { kind: "folder", name: "Harbour handbook", address: folder } as const;
	const { id: sourceId } = await api.sources.add.mutate({ collectionId, ...more });
	await api.sources.sync.mutate({ sourceId });
	await expect
		.poll(async () => (await api.sources.get.query({ sourceId })).lastRun?.state, { timeout: 60_000 })
		.toBe("partial");
}

async function fillWork(api: Api) {
	const collection = await api.knowledge.createCollection.mutate({
		name: "Harbour",
		description: "Berths and tides.",
		access: "everyone",
	});
	const upload = await api.knowledge.upload.mutate(new Blob([text]));
	const { document } = await api.knowledge.addDocument.mutate({
		collectionId: collection.id,
		uploadId: upload.uploadId,
		name: "berths.md",
	});
	await expect
		.poll(async () => (await api.knowledge.getCollection.query({ collectionId: collection.id })).readyCount, {
			timeout: 60_000,
		})
		.toBe(1);
	const { runId, threadId } = await api.runs.start.mutate({
		question: "Which berth does the ferry Marrowby use on Sundays?",
	});
	await expect.poll(async () => (await api.runs.get.query({ runId })).state, { timeout: 30_000 }).toBe("succeeded");
	await api.feedback.give.mutate({
		runId,
		thumb: "down",
		reason: "incomplete",
		correction: "Berth 2, and say until when.",
	});
	const forkable = async () => {
		const { checkpoints } = await api.checkpoints.ofRun.query({ runId });
		return checkpoints.find(({ editable }) => editable.includes("passages"))?.id ?? "";
	};
	await expect.poll(forkable, { timeout: 30_000 }).not.toBe("");
	const fork = await api.checkpoints.fork.mutate({
		runId,
		checkpointId: await forkable(),
		question: "Which berth does it use on weekdays?",
	});
	const ended = async () => (await api.runs.get.query({ runId: fork.runId })).state;
	await expect.poll(ended, { timeout: 30_000 }).toBe("succeeded");
	const { rows: said } = await api.feedback.list.query({});
	const { prompt } = await api.prompts.create.mutate({
		name: "Harbour voice",
		body: "Answer as the harbour office does: short, with times.",
		message: "First",
	});
	await fillPrompt(api, prompt.id);
	const agent = await api.agents.create.mutate({
		name: "Harbour office",
		description: "Berths, tides and departures.",
		promptVersionId: prompt.latestVersionId,
	});
	await api.agents.update.mutate({ agentId: agent.id, collectionIds: [collection.id], caps: { steps: 12 } });
	const next = { tools: ["knowledge.search"], message: "Looks for itself" };
	await api.agents.saveDraft.mutate({ agentId: agent.id, ...next });
	const asked = { agentId: agent.id, question: "Which berths are free today?" };
	await api.triggers.addSchedule.mutate({
		...asked,
		name: "Every morning",
		cron: "0 7 * * 1-5",
		timeZone: "Europe/Oslo",
	});
	const { id: triggerId } = (await api.triggers.addWebhook.mutate({ ...asked, name: "Storm warning" })).trigger;
	await api.triggers.start.mutate({ triggerId });
	return {
		collectionId: collection.id,
		paths: {
			chat: "/chat",
			thread: `/chat/${threadId}`,
			agents: "/agents",
			checkpoints: `/runs/${runId}/checkpoints`,
			branch: `/chat/${threadId}?branch=${fork.branchId}`,
			compareRuns: `/runs/compare?a=${runId}&b=${fork.runId}`,
			feedback: `/agents/feedback?open=${said[0]?.id}`,
			agent: `/agents?open=${agent.id}`,
			agentTriggers: `/agents/${agent.id}/triggers`,
			agentDefinition: `/agents/${agent.id}`,
			agentVersions: `/agents/${agent.id}/versions?version=2&with=1`,
			approvals: "/approvals",
			approvalRules: "/approvals/rules",
			knowledge: "/knowledge",
			search: "/search",
			"search-found": "/search?q=annual%20leave",
			collection: `/knowledge/${collection.id}`,
			sources: `/knowledge/${collection.id}/sources`,
			health: `/knowledge/${collection.id}/health`,
			document: `/knowledge/documents/${document.id}`,
			runs: "/runs",
			prompts: "/prompts",
			prompt: `/prompts/${prompt.id}`,
			promptVersions: `/prompts/${prompt.id}/versions?version=2&with=1`,
			promptLabels: `/prompts/${prompt.id}/labels`,
			promptUsage: `/prompts/${prompt.id}/usage`,
			playground: "/playground",
			procedures: "/procedures",
			procedure: "/procedures?open=runs.start",
			jobs: "/jobs",
			system: "/system",
			stops: "/system/stops",
			mcpServers: "/system/mcp",
			programs: "/system/programs",
		},
	};
}

/** A second version with variables, a label that is split, a protected one with a proposal, and a playground with two windows. */
async function fillPrompt(api: Api, promptId: string): Promise<void> {
	const variables = [
		{
			name: "tone",
			type: "choice" as const,
			choices: ["calm", "brisk"],
			default: "calm",
			description: "How it sounds.",
		},
		{ name: "rules", type: "list" as const, default: ["Times in 24 hours", "Berths by number"] },
	];
	const body = "Answer as the harbour office does: short, {{tone}}, with times.\n{{rules}}";
	await api.prompts.save.mutate({ promptId, basedOn: 1, body, variables, message: "Says how it sounds" });
	const move = { promptId, label: "production", version: 1, basedOn: 0, note: "The first" };
	await api.prompts.moveLabel.mutate(move);
	await api.prompts.moveLabel.mutate({ ...move, label: "staging" });
	await api.prompts.splitLabel.mutate({ promptId, label: "staging", version: 2, percent: 20, basedOn: 1 });
	await api.prompts.protectLabel.mutate({ promptId, label: "production", isProtected: true, basedOn: 1 });
	await api.prompts.moveLabel.mutate({ ...move, version: 2, basedOn: 2, note: "Tried on staging" });
	const parameters = { model: null, temperature: null, maxTokens: null };
	const windows = [
		{
			id: "w0",
			text: "Answer as the harbour office does: short, with times.",
			from: { promptId, version: 1 },
			...parameters,
		},
		{ id: "w1", text: body, from: { promptId, version: 2 }, ...parameters },
	];
	const passages = [{ name: "berths.md", text: "The ferry Marrowby uses berth 2 on Sundays." }];
	const bench = { windows, variables, values: { tone: "brisk" }, question: "Which berth is it on Sundays?", passages };
	await api.playground.keep.mutate({ bench });
}

/** A provider with two models and their prices, and a route over them that nobody asks. */
async function fillModels({ provider }: Standing, api: Api): Promise<Record<string, string>> {
	const { id: connectionId } = await api.models.addConnection.mutate({
		name: "Harbour rack",
		kind: "openai",
		address: provider.url,
		key: "stand-in",
		isProbed: false,
	});
	const add = async (name: string, price: number) => {
		const model = await api.models.addModel.mutate({ connectionId, name, contextTokens: 32_000, dataRegion: "eu" });
		const prices = { inputMicros: price, outputMicros: 4 * price };
		await api.models.addPrice.mutate({ modelId: model.id, currency: "EUR", ...prices });
		return model.id;
	};
	const small = await add("harbour-small", 50_000);
	const large = await add("harbour-large", 2_500_000);
	await api.models.test.mutate({ modelKey: small });
	provider.when("harbour-large", { fault: "500" });
	await api.models.test.mutate({ modelKey: large });
	provider.forget();
	const steps = [{ modelId: small }, { modelId: large, conditions: { mostMicros: 500_000 } }];
	const route = await api.models.addRoute.mutate({
		name: "house",
		description: "Small first.",
		regions: ["eu"],
		steps,
	});
	return {
		models: "/models",
		modelConnection: `/models?open=${connectionId}`,
		modelRoutes: "/models/routes",
		modelRoute: `/models/routes?open=${route.id}`,
	};
}

/** A plan that waits for its person, and research that has come to its report. */
async function fillResearch({ provider }: Standing, api: Api): Promise<Record<string, string>> {
	provider.when("You plan research", { text: "Which berth does the ferry use?\nOn which days does it change?" });
	const { id: agentId } = await api.agents.create.mutate({ name: "Harbour research", graph: "research" });
	const question = "How does the ferry Marrowby use the berths?";
	const waiting = await api.runs.start.mutate({ question, agentId });
	const done = await api.runs.start.mutate({ question, agentId, isPlanWaived: true });
	const planOf = async () => (await api.research.get.query({ runId: waiting.runId })).plan?.state;
	await expect.poll(planOf, { timeout: 30_000 }).toBe("waiting");
	const stateOf = async () => (await api.runs.get.query({ runId: done.runId })).state;
	await expect.poll(stateOf, { timeout: 60_000 }).toBe("succeeded");
	return { researchPlan: `/chat/${waiting.threadId}`, research: `/chat/${done.threadId}` };
}

/** What was extracted from two invoices; of one, something stands nowhere in it. */
async function fillExtraction({ provider }: Standing, api: Api): Promise<Record<string, string>> {
	const { id: collectionId } = await api.knowledge.createCollection.mutate({ name: "Invoices", access: "private" });
	for (const name of ["chandler.txt", "rope works.txt"]) {
		const { uploadId } = await api.knowledge.upload.mutate(new Blob([`${name}\n${invoiceLines.join("\n")}`]));
		await api.knowledge.addDocument.mutate({ collectionId, uploadId, name });
	}
	const ready = async () => (await api.knowledge.getCollection.query({ collectionId })).readyCount;
	await expect.poll(ready, { timeout: 60_000 }).toBe(2);
	const doubtful = { ...invoiceAnswer, supplier: { value: "Somebody else", quote: "Somebody else", confidence: 0.9 } };
	provider.when("You extract fields", { text: JSON.stringify(invoiceAnswer) });
	provider.when("rope works.txt", { text: JSON.stringify(doubtful) });
	const agent = await api.agents.createFromTemplate.mutate({ template: "invoices", access: "private" });
	const { id: extractionId } = await api.extractions.start.mutate({ agentId: agent.id, collectionId });
	const stateOf = async () => (await api.extractions.get.query({ extractionId })).state;
	await expect.poll(stateOf, { timeout: 60_000 }).toBe("ended");
	const { rows } = await api.extractions.listResults.query({ extractionId, filter: { isLow: { eq: true } } });
	const at = `/extractions/${extractionId}`;
	return {
		extractions: "/extractions",
		newExtraction: "/extractions?new=1",
		extraction: at,
		extractionResult: `${at}?open=${rows[0]?.id}`,
		extractionNothing: `${at}?state=failed`,
		extractor: `/agents/${agent.id}`,
	};
}

/** A person with a second factor, a group, a role of one's own making, and what it changes for whom. */
async function fillPeople(url: string, api: Api, { collectionId }: { collectionId: string }) {
	const sam = await api.users.create.mutate({ ...staff, role: "staff" });
	const vic = await api.users.create.mutate({ ...viewer, role: "viewer" });
	const theirs = await connect(url, staff);
	const { secret } = await theirs.api.factors.startTotp.mutate({});
	await theirs.api.factors.confirmTotp.mutate({ code: new TOTP({ secret }).generate() });
	const group = await api.access.createGroup.mutate({ name: "Harbour office", description: "Who assigns the berths." });
	await api.access.addMembers.mutate({ groupId: group.id, userIds: [sam.id, vic.id] });
	const role = await api.access.createRole.mutate({
		name: "Prompt reader",
		description: "Reads how the agents are told to answer.",
		permissions: ["prompts:read", "agents:read"],
	});
	await api.access.assignRole.mutate({ role: role.key, holderId: group.id });
	await api.access.updateRole.mutate({
		role: role.key,
		version: role.version,
		name: role.name,
		description: "Reads how the agents are told to answer, and what they did.",
		permissions: ["prompts:read", "agents:read", "runs:read"],
	});
	await api.access.share.mutate({ kind: "collection", resourceId: collectionId, grantee: group.id, level: "manage" });
	return {
		samId: sam.id,
		viewerId: vic.id,
		paths: {
			users: "/users",
			person: `/users?open=${sam.id}`,
			invite: "/users?invite=1",
			invitations: "/users?view=invited",
			groups: "/users/groups",
			group: `/users/groups?open=${group.id}`,
			newGroup: "/users/groups?new=1",
			roles: "/users/roles",
			role: `/users/roles/${role.key}`,
			builtInRole: "/users/roles/admin",
			newRole: "/users/roles/new",
			secondFactors: "/users/factors",
			access: "/users/access",
			accessDenied: `/users/access?who=${vic.id}&what=users:write`,
			accessPreview: `/users/access?who=${sam.id}&what=prompts:read&preview=1`,
		},
	};
}

async function fillMails(api: Api, { viewerId }: { viewerId: string }) {
	await api.invitations.create.mutate({ email: "ingrid@example.test", role: "staff" });
	await api.account.startReset.mutate({ userId: viewerId });
	await api.account.changeEmail.mutate({ email: "olive.owner@example.test" });
	const { rows } = await api.mail.list.query({});
	const linkIn = async (kind: string) => {
		const mail = rows.find((row) => row.kind === kind);
		const { link } = await api.mail.open.mutate({ mailId: mail?.id ?? "" });
		return link ? new URL(link).pathname : `/${kind} without a link`;
	};
	return {
		paths: { outbox: "/system/outbox", mail: `/system/outbox?open=${rows[0]?.id}` },
		open: {
			signIn: "/sign-in",
			forgot: "/forgot",
			reset: await linkIn("password-reset"),
			resetGone: "/reset/thislinkwasneverwritten",
			invitation: await linkIn("invitation"),
			invitationGone: "/invite/thislinkwasneverwritten",
			address: await linkIn("email-change"),
			addressGone: "/email/thislinkwasneverwritten",
			apiReference: "/api/docs",
			apiFeature: "/api/docs/knowledge",
		},
	};
}

async function fillAudit(api: Api) {
	const { id } = await api.audit.requestExport.mutate({ format: "csv", filter: {} });
	await expect
		.poll(async () => (await api.audit.getExport.query({ exportId: id })).state, { timeout: 60_000 })
		.toBe("ready");
	const { rows } = await api.audit.list.query({ limit: 200 });
	const changed = rows.find(({ action }) => action === "role.update");
	return {
		audit: "/audit",
		auditEntry: `/audit?open=${changed?.id}`,
		auditByRequest: `/audit?group=request&open=${changed?.requestId}`,
		auditUnusable: "/audit?range=own&from=whenever&kind=user",
		exportForm: "/audit?export=1&action=role.update",
		exports: "/audit/exports",
		export: `/audit/exports?open=${id}`,
		auditSettings: "/audit/settings",
	};
}

async function fillAccount(api: Api) {
	await api.keys.create.mutate({ name: "Nightly import", scopes: ["knowledge:write"], expiresInDays: 90 });
	const { key } = await api.keys.create.mutate({ name: "Old script", scopes: ["runs:read"], expiresInDays: null });
	await api.keys.revoke.mutate({ keyId: key.id });
	return {
		profile: "/account",
		password: "/account/password",
		security: "/account/security",
		sessions: "/account/sessions",
		keys: "/account/keys",
	};
}
