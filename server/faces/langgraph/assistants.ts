import { notFound } from "@/server/core/errors";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";
import { agentsOf } from "../openai/answering";
import { AssistantSearch } from "./contract";

type Agent = Awaited<ReturnType<typeof agentsOf>>[number];

export const toAssistant = (agent: Agent) => ({
	assistant_id: agent.id,
	graph_id: agent.graph,
	name: agent.name,
	description: agent.description,
	config: {},
	context: {},
	metadata: { is_default: agent.isDefault },
	version: agent.revision,
	created_at: agent.createdAt.toISOString(),
	updated_at: agent.updatedAt.toISOString(),
});

/** Whether it is called so: by its id or its name. */
const isCalled = ({ id, name }: Agent, wanted: string): boolean => id === wanted || name.toLowerCase() === wanted;

/** The names of a graph that stand for the default agent. */
const standsForDefault = (wanted: string): boolean => wanted === "agent" || wanted === "assistant";

/** By its id, its name, or the name of a graph, which stands for the default agent. */
export async function agentBy(ctx: RequestContext, wanted: string): Promise<Agent> {
	const agents = await agentsOf(createCaller(ctx));
	const name = wanted.toLowerCase();
	const agent =
		agents.find((one) => isCalled(one, name)) ??
		(standsForDefault(name) ? agents.find(({ isDefault }) => isDefault) : undefined);
	if (!agent) throw notFound(`The assistant ${wanted.slice(0, 80)}`);
	return agent;
}

/** The ids of the agents that a thread's metadata may name: by `assistant_id`, or by `graph_id` as one asks them. */
export async function agentIdsBy(ctx: RequestContext, by: { id?: unknown; graph?: unknown }): Promise<string[]> {
	const graph = typeof by.graph === "string" ? by.graph.toLowerCase() : null;
	return (await agentsOf(createCaller(ctx)))
		.filter((agent) => by.id === undefined || agent.id === by.id)
		.filter(
			(agent) =>
				by.graph === undefined ||
				(graph !== null &&
					(agent.graph === graph || isCalled(agent, graph) || (standsForDefault(graph) && agent.isDefault))),
		)
		.map(({ id }) => id);
}

async function found(ctx: RequestContext, asked: AssistantSearch): Promise<Agent[]> {
	if (asked.metadata && Object.keys(asked.metadata).length > 0) return [];
	return (await agentsOf(createCaller(ctx))).filter(
		({ graph, name }) =>
			(!asked.graph_id || asked.graph_id === graph) &&
			(!asked.name || name.toLowerCase().includes(asked.name.toLowerCase())),
	);
}

export async function searchAssistants(ctx: RequestContext, body: unknown): Promise<Response> {
	const asked = AssistantSearch.parse(body);
	const agents = await found(ctx, asked);
	const end = asked.offset + asked.limit;
	const headers = new Headers({ "cache-control": "no-store" });
	if (agents.length > end) headers.set("x-pagination-next", String(end));
	return Response.json(agents.slice(asked.offset, end).map(toAssistant), { headers });
}

export async function countAssistants(ctx: RequestContext, body: unknown): Promise<Response> {
	const agents = await found(ctx, AssistantSearch.parse(body));
	return Response.json(agents.length, { headers: { "cache-control": "no-store" } });
}

const messages = {
	type: "object",
	properties: { messages: { type: "array", items: { type: "object" } } },
	required: ["messages"],
};

/** What goes in and comes out is the same with every agent. */
export async function schemasOf(ctx: RequestContext, wanted: string): Promise<Response> {
	const { graph } = await agentBy(ctx, wanted);
	const schemas = { input_schema: messages, output_schema: messages, state_schema: messages };
	const body = { graph_id: graph, ...schemas, config_schema: {}, context_schema: {} };
	return Response.json(body, { headers: { "cache-control": "no-store" } });
}
