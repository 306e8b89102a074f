import { router } from "@/server/trpc/init";
import { procedure } from "@/server/trpc/procedure";
import { Done } from "@/server/users/contract";
import { Agent, AgentPage, AskCaps, CreateAgent, ListAgents, OneAgent, RunCaps, UpdateAgent } from "./contract";
import { archiveAgent, createAgent, getAgent, listAgents, runCaps, updateAgent, versionOfAgent } from "./service";

export const agentsRouter = router({
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
});
