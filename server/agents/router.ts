import type { AnyTRPCRouter } from "@trpc/server";
import { bringTriggers, ownTriggers, whyNotBring } from "@/server/triggers/service";
import { router } from "@/server/trpc/init";
import { type ProcedureMeta, procedure } from "@/server/trpc/procedure";
import { Done, Nothing } from "@/server/users/contract";
import {
	Agent,
	AgentDocument,
	AgentModels,
	AgentPage,
	AgentVersion,
	AgentVersionPage,
	AskCaps,
	AskReview,
	CompareVersions,
	CreateAgent,
	CreateFromTemplate,
	ExportAgent,
	ImportAgent,
	ImportedAgent,
	ListAgents,
	ListAgentVersions,
	OneAgent,
	OneAgentVersion,
	PublishDraft,
	RestoreVersion,
	ReviewDraft,
	RunCaps,
	SaveDraft,
	UpdateAgent,
	VersionChanges,
} from "./contract";
import {
	agentModels,
	archiveAgent,
	askReview,
	compareVersions,
	createAgent,
	createFromTemplate,
	discardDraft,
	exportAgent,
	getAgent,
	getDraft,
	getVersion,
	importAgent,
	type KnownTool,
	listAgents,
	listVersions,
	publishDraft,
	restoreVersion,
	reviewDraft,
	runCaps,
	saveDraft,
	updateAgent,
	versionOfAgent,
	versionOfDraft,
} from "./service";

const triggersDesk = { own: ownTriggers, whyNot: whyNotBring, bring: bringTriggers };

/** What agents can be given of our own. Every procedure is made by `procedure()`, with its meta. */
const toolsOf = (root: AnyTRPCRouter): KnownTool[] =>
	Object.entries(root._def.procedures).flatMap(([path, one]) => {
		const { meta } = (one as { _def: { meta: ProcedureMeta } })._def;
		return meta.tool ? [{ path, permission: meta.permission }] : [];
	});

/** `root` is asked for when called: this router is itself a part of it. */
export const agentsRouter = (root: () => AnyTRPCRouter) =>
	router({
		list: procedure("agents:read", {
			rest: "GET /agents",
			summary: "List the agents that can be asked.",
			risk: "read",
			tool: "List the agents that can be asked.",
		})
			.input(ListAgents)
			.output(AgentPage)
			.query(({ ctx, input }) => listAgents(ctx, input)),

		caps: procedure("agents:read", {
			rest: "GET /run-caps",
			summary: "Get what one run may take at most in this installation.",
			risk: "read",
		})
			.input(AskCaps)
			.output(RunCaps)
			.query(({ input }) => runCaps(input)),

		get: procedure("agents:read", {
			revision: "revision",
			rest: "GET /agents/{agentId}",
			summary: "Get an agent.",
			risk: "read",
		})
			.input(OneAgent)
			.output(Agent)
			.query(
				({ ctx, input }) => getAgent(ctx, input),
				({ ctx, input }) => versionOfAgent(ctx, input),
			),

		create: procedure("agents:write", {
			rest: "POST /agents",
			summary: "Make an agent.",
			created: "/agents/{id}",
			risk: "write",
		})
			.input(CreateAgent)
			.output(Agent)
			.mutation(({ ctx, input }) => createAgent(ctx, input)),

		createFromTemplate: procedure("agents:write", {
			rest: "POST /agent-templates/{template}/agents",
			summary: "Make an agent that comes ready made, with its prompt.",
			created: "/agents/{id}",
			risk: "write",
		})
			.input(CreateFromTemplate)
			.output(Agent)
			.mutation(({ ctx, input }) => createFromTemplate(ctx, input)),

		update: procedure("agents:write", {
			revision: "basedOn",
			rest: "PATCH /agents/{agentId}",
			summary: "Change an agent.",
			risk: "write",
		})
			.input(UpdateAgent)
			.output(Agent)
			.mutation(({ ctx, input }) => updateAgent(ctx, input)),

		archive: procedure("agents:write", {
			rest: "DELETE /agents/{agentId}",
			summary: "Archive an agent: its threads stay, and nobody can ask it any more.",
			tool: "Archive an agent, after which nobody can ask it any more. Name the agent by its id.",
			risk: "danger",
		})
			.input(OneAgent)
			.output(Done)
			.mutation(
				async ({ ctx, input }) => {
					await archiveAgent(ctx, input);
					return { done: true };
				},
				async ({ ctx, input }) => {
					const { name } = await getAgent(ctx, input);
					return `Archive the agent “${name}”: its threads stay, and nobody can ask it any more.`;
				},
			),

		models: procedure("agents:read", {
			rest: "GET /agent-models",
			summary: "Get which routes and models an agent may be given.",
			risk: "read",
		})
			.input(Nothing)
			.output(AgentModels)
			.query(({ ctx }) => agentModels(ctx)),

		listVersions: procedure("agents:write", {
			rest: "GET /agents/{agentId}/versions",
			summary: "List the published versions of an agent that one manages.",
			risk: "read",
		})
			.input(ListAgentVersions)
			.output(AgentVersionPage)
			.query(({ ctx, input }) => listVersions(ctx, input)),

		getVersion: procedure("agents:write", {
			rest: "GET /agents/{agentId}/versions/{version}",
			summary: "Get a published version of an agent, which never changes.",
			risk: "read",
		})
			.input(OneAgentVersion)
			.output(AgentVersion)
			.query(({ ctx, input }) => getVersion(ctx, input)),

		compareVersions: procedure("agents:write", {
			rest: "GET /agents/{agentId}/changes",
			summary: "Compare two versions of an agent, or one with the draft.",
			risk: "read",
		})
			.input(CompareVersions)
			.output(VersionChanges)
			.query(({ ctx, input }) => compareVersions(ctx, input)),

		getDraft: procedure("agents:write", {
			revision: "revision",
			rest: "GET /agents/{agentId}/draft",
			summary: "Get the draft of an agent's next version.",
			risk: "read",
		})
			.input(OneAgent)
			.output(AgentVersion)
			.query(
				({ ctx, input }) => getDraft(ctx, input),
				({ ctx, input }) => versionOfDraft(ctx, input),
			),

		saveDraft: procedure("agents:write", {
			revision: "basedOn",
			rest: "PATCH /agents/{agentId}/draft",
			summary: "Write on the draft of an agent's next version, or begin one.",
			risk: "write",
		})
			.input(SaveDraft)
			.output(AgentVersion)
			.mutation(({ ctx, input }) => saveDraft(ctx, input)),

		discardDraft: procedure("agents:write", {
			rest: "DELETE /agents/{agentId}/draft",
			summary: "Throw the draft of an agent away.",
			risk: "write",
		})
			.input(OneAgent)
			.output(Done)
			.mutation(async ({ ctx, input }) => {
				await discardDraft(ctx, input);
				return { done: true };
			}),

		askReview: procedure("agents:write", {
			rest: "POST /agents/{agentId}/draft/ask-review",
			summary: "Say that a draft is ready to be reviewed.",
			risk: "write",
		})
			.input(AskReview)
			.output(AgentVersion)
			.mutation(({ ctx, input }) => askReview(ctx, input)),

		review: procedure("agents:write", {
			rest: "POST /agents/{agentId}/draft/review",
			summary: "Approve a draft that others wrote, or send it back.",
			risk: "write",
		})
			.input(ReviewDraft)
			.output(AgentVersion)
			.mutation(({ ctx, input }) => reviewDraft(ctx, input)),

		publish: procedure("agents:write", {
			rest: "POST /agents/{agentId}/draft/publish",
			summary: "Publish the draft: from then on it answers.",
			risk: "write",
		})
			.input(PublishDraft)
			.output(Agent)
			.mutation(({ ctx, input }) => publishDraft(ctx, input)),

		restore: procedure("agents:write", {
			rest: "POST /agents/{agentId}/versions/{version}/restore",
			summary: "Let an earlier version answer again, or begin a draft from it.",
			risk: "write",
		})
			.input(RestoreVersion)
			.output(Agent)
			.mutation(({ ctx, input }) => restoreVersion(ctx, input)),

		export: procedure("agents:write", {
			rest: "GET /agents/{agentId}/export",
			summary: "Export an agent as a document: by names, without secrets.",
			risk: "read",
		})
			.input(ExportAgent)
			.output(AgentDocument)
			.query(({ ctx, input }) => exportAgent(ctx, input, triggersDesk)),

		import: procedure("agents:write", {
			rest: "POST /agent-imports",
			summary: "Import an agent's document as a draft.",
			risk: "write",
		})
			.input(ImportAgent)
			.output(ImportedAgent)
			.mutation(({ ctx, input }) => importAgent(ctx, input, { tools: toolsOf(root()), triggers: triggersDesk })),
	});
