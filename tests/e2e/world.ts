import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TOTP } from "otpauth";
import { expect } from "playwright/test";
import { type Client, connect } from "../support/client";
import { owner, type Standing, staff, viewer } from "./standing";

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
	const people = await fillPeople(standing.url, api, work);
	const mails = await fillMails(api, people);
	const audit = await fillAudit(api);
	const account = await fillAccount(api);
	return {
		paths: { ...work.paths, ...research, ...people.paths, ...mails.paths, ...audit, ...account },
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
			procedures: "/procedures",
			procedure: "/procedures?open=runs.start",
			apiReference: "/api/docs",
			jobs: "/jobs",
			system: "/system",
			stops: "/system/stops",
			mcpServers: "/system/mcp",
			programs: "/system/programs",
		},
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
			apiReferenceOfStrangers: "/api/docs",
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
