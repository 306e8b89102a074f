import type { ServiceContext } from "@/server/core/context";
import { pageWordOf } from "@/server/knowledge/contract";
import type { Citation, Run } from "@/server/runs/contract";
import { runsOfThread } from "@/server/runs/service";
import type { ExportedThread, ExportThread, Thread } from "../contract";
import { branchesOf, findThread } from "./read-thread";

const atOnce = 200;
/** Longer chats are given out by their newest part, and say so. */
const mostRuns = 2_000;

/** A thread as a file: every question with its answer and its sources, as the caller may read them. */
export async function exportThread(
	ctx: ServiceContext,
	{ threadId, branchId, format }: ExportThread,
): Promise<ExportedThread> {
	const thread = await findThread(ctx, threadId);
	if (branchId) await branchesOf(ctx, threadId, branchId);
	const runs: Run[] = [];
	let isWhole = false;
	while (!isWhole && runs.length < mostRuns) {
		const [before] = runs;
		const older = await runsOfThread(ctx, threadId, {
			limit: atOnce,
			branchId: branchId ?? null,
			...(before ? { before } : {}),
		});
		runs.unshift(...older);
		isWhole = older.length < atOnce;
	}
	const name = fileNameOf(thread.title);
	switch (format) {
		case "markdown":
			return { fileName: `${name}.md`, mediaType: "text/markdown", text: markdownOf(thread, runs, isWhole) };
		case "json":
			return { fileName: `${name}.json`, mediaType: "application/json", text: jsonOf(thread, runs, isWhole) };
	}
}

const fileNameOf = (title: string): string =>
	title
		.normalize("NFKC")
		.replace(/[^\p{L}\p{N}]+/gu, "-")
		.replace(/^-+|-+$/g, "")
		.slice(0, 60) || "chat";

function jsonOf({ id, title, agentName, ownerName, createdAt, updatedAt }: Thread, runs: Run[], isWhole: boolean) {
	const turns = runs.map((run) => ({
		...{ runId: run.id, askedAt: run.createdAt, agent: run.agentName, state: run.state, reason: run.reason },
		...{ question: run.question, answer: run.answer },
		...{ citations: run.result?.citations ?? [], confidence: run.result?.confidence ?? null },
		...{ model: run.result?.model ?? null, usage: run.result?.usage ?? null },
	}));
	const thread = { id, title, agent: agentName, owner: ownerName, createdAt, updatedAt };
	return `${JSON.stringify({ format: "quarterdeck.thread", version: 1, thread, isWhole, turns }, null, 2)}\n`;
}

const at = (date: Date): string => `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;

function markdownOf(thread: Thread, runs: Run[], isWhole: boolean): string {
	const head = [
		`# ${oneLine(thread.title)}`,
		`${thread.ownerName} with ${thread.agentName}, ${at(thread.createdAt)}`,
		...(isWhole ? [] : [`The newest ${runs.length.toLocaleString("en")} questions; there are older ones.`]),
	];
	return `${[...head, ...runs.flatMap(turnOf)].join("\n\n")}\n`;
}

function turnOf(run: Run): string[] {
	const citations = run.result?.citations ?? [];
	return [
		"---",
		`## ${at(run.createdAt)}`,
		run.question
			.split("\n")
			.map((line) => `> ${line}`)
			.join("\n"),
		run.answer ?? "_No answer._",
		...(run.reason ? [`_${oneLine(run.reason)}_`] : []),
		...(citations.length > 0 ? [citations.map(sourceOf).join("\n")] : []),
	];
}

function sourceOf({ marker, documentName, page, pageCount, snippet }: Citation): string {
	const place = pageCount === null ? "" : `, ${pageWordOf(documentName)} ${page}`;
	return `- [${marker}] **${oneLine(documentName)}**${place}${snippet ? `: ${oneLine(snippet)}` : ""}`;
}

const oneLine = (text: string): string => text.replace(/\s+/gu, " ").trim();
