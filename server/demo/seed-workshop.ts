import type { Database } from "@/db/connection";
import { share } from "@/server/access/service";
import { createAgent, createFromTemplate, listAgents } from "@/server/agents/service";
import type { Prompt } from "@/server/prompts/contract";
import { createPrompt, listPrompts, savePrompt } from "@/server/prompts/service";
import { demoContext, everyRow } from "./context";
import type { DemoActors } from "./seed-people";
import { type DemoPrompt, demoAgents, demoPrompts } from "./workshop";

/** Saves the versions that a prompt lacks, each by its author. A prompt that somebody went on with is left alone. */
export async function seedPrompts(db: Database, actors: DemoActors): Promise<Map<string, Prompt>> {
	const known = await everyRow((page) => listPrompts(demoContext(db, actors.maren), page));
	const found = new Map<string, Prompt>();
	for (const prompt of demoPrompts) {
		const there = known.find(({ name }) => name === prompt.name) ?? null;
		found.set(prompt.name, await saveMissing(db, actors, prompt, there));
	}
	return found;
}

async function saveMissing(
	db: Database,
	actors: DemoActors,
	{ name, versions }: DemoPrompt,
	there: Prompt | null,
): Promise<Prompt> {
	let prompt = there;
	for (const { by, message, body } of versions.slice(there?.latestVersion ?? 0)) {
		const ctx = demoContext(db, actors[by]);
		const history = prompt
			? await savePrompt(ctx, { promptId: prompt.id, basedOn: prompt.latestVersion, body, message })
			: await createPrompt(ctx, { name, body, message, access: "everyone" });
		if (!prompt) await letAuthorsIn(db, actors, { name, versions }, history.prompt.id);
		prompt = history.prompt;
	}
	if (!prompt) throw new Error(`The prompt ${name} has no version`);
	return prompt;
}

/** Who wrote a later version is no owner of the prompt: its owner lets them. */
async function letAuthorsIn(
	db: Database,
	actors: DemoActors,
	{ versions }: DemoPrompt,
	promptId: string,
): Promise<void> {
	const [first, ...later] = versions.map(({ by }) => by);
	if (!first) return;
	for (const by of new Set(later.filter((one) => one !== first)))
		await share(demoContext(db, actors[first]), {
			kind: "prompt",
			resourceId: promptId,
			grantee: actors[by].userId,
			level: "manage",
		});
}

/** The agents that are missing, over these prompts and collections; answers with the ids of all, by name. */
export async function seedAgents(
	db: Database,
	actors: DemoActors,
	{ prompts, collections }: { prompts: Map<string, Prompt>; collections: Map<string, string> },
): Promise<Map<string, string>> {
	const known = await everyRow((page) => listAgents(demoContext(db, actors.maren), page));
	const ids = new Map(known.map(({ name, id }) => [name, id]));
	for (const { name, description, by, ...uses } of demoAgents) {
		if (ids.has(name)) continue;
		const agent = await createAgent(demoContext(db, actors[by]), {
			name,
			description,
			promptVersionId: prompts.get(uses.prompt)?.latestVersionId ?? null,
			collectionIds: uses.collections.flatMap((one) => collections.get(one) ?? []),
			access: "everyone",
		});
		ids.set(name, agent.id);
	}
	if (!ids.has("Operator")) {
		const made = { template: "operator", access: "everyone" } as const;
		ids.set("Operator", (await createFromTemplate(demoContext(db, actors.maren), made)).id);
	}
	return ids;
}
