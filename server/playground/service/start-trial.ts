import { and, eq, gte, inArray, sql } from "drizzle-orm";
import { playgroundTrials } from "@/db/schema";
import { reserveTokens } from "@/server/budgets/service";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { unreadableDocuments } from "@/server/knowledge/service";
import { estimateTokens, type ModelMessage, maxAnswerTokens } from "@/server/models/model";
import { modelChoices } from "@/server/models/service";
import { composedDraft, renderComposition } from "@/server/prompts/service";
import type { StartedTrial, StartTrial } from "../contract";
import { sourcesOf } from "./bench";

/** At once by one person: all windows, twice. */
const mostOpen = 8;

/** What a trial asks of a model; it is forgotten once it was asked. */
export type Asked = { messages: ModelMessage[]; temperature: number | null; maxTokens: number; sources: string[] };

/** Puts the text together with the caller's rights, and holds back what its answer may take. Whoever follows the trial then asks the model. */
export async function startTrial(ctx: ServiceContext, input: StartTrial): Promise<StartedTrial> {
	const { userId } = requireUser(ctx);
	const sources = sourcesOf(input.passages);
	if ((await unreadableDocuments(ctx, sources)).length > 0) throw notFound("A passage's document");
	const model = await chosenModel(ctx, input.model);
	const draft = { promptId: nobodys, name: "This text", body: input.text, variables: input.variables };
	const text = renderComposition(await composedDraft(ctx, ctx.db.orm, draft), input.values);
	const messages = messagesOf(text, input);
	const maxTokens = input.maxTokens ?? maxAnswerTokens;
	const asked: Asked = { messages, temperature: input.temperature, maxTokens, sources };
	const tokens = estimateTokens(messages.map(({ content }) => content).join("\n")) + maxTokens;
	const trialId = await ctx.db.transaction(async (tx) => {
		// Two starts of one person wait for each other at their budget.
		const id = await reserveTokens({ ...ctx, db: ctx.db.within(tx) }, tokens);
		const open = await tx.$count(
			playgroundTrials,
			and(
				eq(playgroundTrials.userId, userId),
				inArray(playgroundTrials.state, ["ready", "running"]),
				gte(playgroundTrials.createdAt, sql`now() - interval '10 minutes'`),
			),
		);
		if (open >= mostOpen)
			throw new AppError(
				"LIMIT_REACHED",
				`At most ${mostOpen} of your trials can be open at once. Stop one, or wait for one to end.`,
				{
					retryAfterSeconds: 10,
				},
			);
		await tx.insert(playgroundTrials).values({ id, userId, model, asked });
		await audit(ctx, tx, {
			action: "playground.start",
			resource: "trial",
			resourceId: id,
			detail: { model, characters: text.length, tokens },
		});
		return id;
	});
	return { trialId, model };
}

/** No prompt's id: a text that is not saved stands within nothing. */
const nobodys = "00000000-0000-0000-0000-000000000000";

async function chosenModel(ctx: ServiceContext, wanted: string | null): Promise<string> {
	const { models: known, first } = await modelChoices(ctx.db.orm);
	if (!first)
		throw new AppError(
			"CONFLICT",
			"This installation has no chat model: only passages can be quoted. An administrator can set one.",
		);
	if (wanted !== null && !known.includes(wanted))
		throw invalidField("model", `This installation has no route or model of that name. It has ${known.join(", ")}.`);
	return wanted ?? first;
}

/** The text is what the model is told; passages and question are data. Without either, the text itself is what is asked. */
function messagesOf(text: string, { question, passages }: StartTrial): ModelMessage[] {
	if (question.trim() === "" && passages.length === 0) return [{ role: "user", content: text }];
	const blocks = passages.map(
		(passage, at) =>
			`<passage n="${at + 1}" document="${escaped(passage.name)}">\n${escaped(passage.text)}\n</passage>`,
	);
	const content = [...blocks, question.trim() === "" ? "" : `<question>\n${escaped(question)}\n</question>`];
	return [
		{ role: "system", content: text },
		{ role: "user", content: content.filter((one) => one !== "").join("\n") },
	];
}

const escaped = (text: string): string =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
