import type { Database } from "@/db/connection";
import { share } from "@/server/access/service";
import { createAgent, createFromTemplate, listAgents } from "@/server/agents/service";
import type { Prompt } from "@/server/prompts/contract";
import {
	createPrompt,
	getLabels,
	listMoves,
	listPrompts,
	moveLabel,
	protectLabel,
	reviewMove,
	savePrompt,
} from "@/server/prompts/service";
import { demoContext, everyRow } from "./context";
import type { DemoActors } from "./seed-people";
import { type DemoPrompt, demoAgents, demoPrompts } from "./workshop";

/** Saves the versions that a prompt lacks, each by its author. A prompt that somebody went on with is left alone. */
export async function seedPrompts(db: Database, actors: DemoActors): Promise<Map<string, Prompt>> {
	const all = () => everyRow((page) => listPrompts(demoContext(db, actors.maren), page));
	const known = await all();
	for (const prompt of demoPrompts) {
		const there = known.find(({ name }) => name === prompt.name) ?? null;
		const { id } = await saveMissing(db, actors, prompt, there);
		await moveLabels(db, actors, prompt, id);
	}
	const named = (await all()).filter(({ name }) => demoPrompts.some((one) => one.name === name));
	return new Map(named.map((prompt) => [prompt.name, prompt]));
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

/** The moves that are missing of its labels. One that somebody went on with is left alone. */
async function moveLabels(
	db: Database,
	actors: DemoActors,
	{ labels = [] }: DemoPrompt,
	promptId: string,
): Promise<void> {
	const [first] = labels;
	if (!first) return;
	const owner = demoContext(db, actors[first.by]);
	const { rows } = await listMoves(owner, { promptId, limit: 200, filter: { state: { eq: "done" } } });
	const done = rows.filter(({ act }) => act === "move").length;
	for (const { label, to, by, note, approvedBy, protects } of labels.slice(done)) {
		const ctx = demoContext(db, actors[by]);
		const find = async () => (await getLabels(ctx, { promptId })).labels.find(({ name }) => name === label);
		await moveLabel(ctx, { promptId, label, version: to, basedOn: (await find())?.revision ?? 0, note });
		const now = await find();
		if (approvedBy && now?.proposal)
			await reviewMove(demoContext(db, actors[approvedBy]), {
				...{ promptId, moveId: now.proposal.id, decision: "approve", note: "Read and tried" },
			});
		if (protects) await protectLabel(owner, { promptId, label, isProtected: true, basedOn: now?.revision ?? 0 });
	}
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
		const prompt = prompts.get(uses.prompt);
		const follows = demoPrompts.some((one) => one.name === uses.prompt && one.labels);
		const agent = await createAgent(demoContext(db, actors[by]), {
			...{ name, description },
			promptVersionId: follows ? null : (prompt?.latestVersionId ?? null),
			promptLabel: prompt && follows ? { promptId: prompt.id, label: "production" } : null,
			collectionIds: uses.collections.flatMap((one) => collections.get(one) ?? []),
			access: "everyone",
		});
		ids.set(name, agent.id);
	}
	if (!ids.has("Operator")) {
		const made = { template: "operator", access: "everyone" } as const;
		ids.set("Operator", (await createFromTemplate(demoContext(db, actors.maren), made)).id);
	}
	if (!ids.has("Invoices")) {
		const made = { template: "invoices", access: "everyone" } as const;
		ids.set("Invoices", (await createFromTemplate(demoContext(db, actors.maren), made)).id);
	}
	return ids;
}
