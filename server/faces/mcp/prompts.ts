import { ErrorCode, type GetPromptRequest, McpError } from "@modelcontextprotocol/sdk/types.js";
import { type Actor, actorMay } from "@/server/core/actor";
import type { PublishedPrompt } from "@/server/prompts/contract";
import { type PromptVariable, typedValue } from "@/server/prompts/contract/variables";
import type { RequestContext } from "@/server/trpc/init";
import { createCaller } from "@/server/trpc/root";

/** What a program is told of a variable: MCP knows only texts. */
const wants = ({ type, choices }: PromptVariable): string => {
	switch (type) {
		case "text":
			return "";
		case "number":
			return "A number.";
		case "choice":
			return `One of: ${choices.join(", ")}.`;
		case "date":
			return "A date as 2026-11-26.";
		case "list":
			return "A list, one a line.";
	}
};

/** Reading a prompt is a right of its own: who lacks it sees none. What is published has the label `production`. */
export async function listPrompts(ctx: RequestContext, actor: Actor, cursor: string | undefined) {
	if (!actorMay(actor, "prompts:read")) return { prompts: [] };
	const page = await createCaller(ctx).prompts.listPublished({ limit: 100, ...(cursor ? { cursor } : {}) });
	const prompts = page.rows.map(({ name, version, variables }) => ({
		name,
		description: `Version ${version}`,
		arguments: variables.map((one) => ({
			name: one.name,
			description: [one.description, wants(one)].filter((words) => words !== "").join(" "),
			required: one.isRequired && one.default === null,
		})),
	}));
	return { prompts, ...(page.next ? { nextCursor: page.next } : {}) };
}

export async function getPrompt(
	ctx: RequestContext,
	actor: Actor,
	{ name, arguments: given = {} }: GetPromptRequest["params"],
) {
	const missing = new McpError(ErrorCode.InvalidParams, `There is no prompt ${name.slice(0, 80)} that you may read.`);
	if (!actorMay(actor, "prompts:read")) throw missing;
	const caller = createCaller(ctx);
	const { rows } = await caller.prompts.listPublished({ limit: 1, filter: { name: { eq: name.slice(0, 80) } } });
	const [prompt] = rows;
	if (prompt?.name !== name) throw missing;
	const { text, version } = await caller.prompts.render({ promptId: prompt.id, values: valuesOf(prompt, given) });
	const message = { role: "user" as const, content: { type: "text" as const, text } };
	return { description: `${name}, version ${version}`, messages: [message] };
}

/** A name that no variable has is left in: the check names it. */
const valuesOf = ({ variables }: PublishedPrompt, given: Record<string, string>) =>
	Object.fromEntries(
		Object.entries(given).map(([name, text]) => {
			const variable = variables.find((one) => one.name === name);
			return [name, variable ? typedValue(variable, text) : text];
		}),
	);
