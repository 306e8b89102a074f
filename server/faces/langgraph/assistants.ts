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

/** By its id, its name, or the name of a graph, which stands for the default agent. */
export async function agentBy(ctx: RequestContext, wanted: string): Promise<Agent> {
	const agents = await agentsOf(createCaller(ctx));
	const name = wanted.toLowerCase();
	const agent =
		agents.find((one) => one.id === name || one.name.toLowerCase() === name) ??
		(name === "agent" || name === "assistant" ? agents.find(({ isDefault }) => isDefault) : undefined);
	if (!agent) throw notFound(`The assistant ${wanted.slice(0, 80)}`);
	return agent;
}

export async function searchAssistants(ctx: RequestContext, body: unknown): Promise<Response> {
	const asked = AssistantSearch.parse(body);
	const agents = (await agentsOf(createCaller(ctx))).filter(
		({ graph, name }) =>
			(!asked.graph_id || asked.graph_id === graph) &&
			(!asked.name || name.toLowerCase().includes(asked.name.toLowerCase())),
	);
	const found = asked.metadata && Object.keys(asked.metadata).length > 0 ? [] : agents;
	const end = asked.offset + asked.limit;
	const headers = new Headers({ "cache-control": "no-store" });
	if (found.length > end) headers.set("x-pagination-next", String(end));
	return Response.json(found.slice(asked.offset, end).map(toAssistant), { headers });
}
