import type { Passage } from "@/server/knowledge/contract";
import type { Confidence } from "@/server/runs/contract";
import type { Checked } from "./check";

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export const noConfidence = (reason: string): Confidence => ({ level: "none", score: 0, reasons: [reason] });

/** How far an answer can be trusted, and why, from what can be counted: nothing asks the model how sure it is. */
export function confidenceOf(
	checked: Checked,
	passages: readonly Passage[],
	facts: { isDegraded: boolean; isIncomplete: boolean },
): Confidence {
	const cited = checked.citations.flatMap(({ marker }) => passages[marker - 1] ?? []);
	if (cited.length === 0)
		return { level: "low", score: 0.1, reasons: ["The answer names no passage that it rests on."] };
	const documents = new Set(cited.map(({ documentId }) => documentId)).size;
	const nearness = Math.max(...cited.map(closeness));
	const supported = checked.sentenceCount - checked.unsupported.length;
	const share = checked.sentenceCount === 0 ? 1 : supported / checked.sentenceCount;
	const raw = 0.4 * share + 0.35 * nearness + 0.15 * clamp(cited.length / 3) + 0.1 * clamp(documents / 2);
	const score = Math.min(raw, facts.isDegraded ? 0.6 : 1, facts.isIncomplete ? 0.4 : 1, share < 0.5 ? 0.4 : 1);
	const reasons = [
		`It cites ${plural(cited.length, "passage")} from ${plural(documents, "document")}.`,
		nearness >= 0.6
			? "The best passage is close to the question."
			: nearness >= 0.3
				? "The best passage is fairly close to the question."
				: "Even the best passage is not close to the question.",
		...supportReason(checked.sentenceCount, supported),
		...(checked.hadUnknownMarkers ? ["It cited passages that there are not; those marks were removed."] : []),
		...(facts.isDegraded ? ["No model wrote it: it quotes the passages."] : []),
		...(facts.isIncomplete ? ["It stops before its end."] : []),
	];
	return { level: levelOf(score), score: Math.round(score * 100) / 100, reasons };
}

function supportReason(total: number, supported: number): string[] {
	if (total === 0) return [];
	if (supported === total)
		return [total === 1 ? "Its sentence stands in what it cites." : `All ${total} sentences stand in what they cite.`];
	return [`${supported} of ${plural(total, "sentence")} stand in what they cite.`];
}

/** 0 to 1; where only keywords found a passage, the share of the question's words in it. */
function closeness({ similarity, matchedTerms, queryTermCount }: Passage): number {
	const words = queryTermCount === 0 ? 0 : matchedTerms.length / queryTermCount;
	return similarity === null ? 0.8 * words : clamp(Math.max((similarity - 0.2) / 0.5, 0.8 * words));
}

function levelOf(score: number): Confidence["level"] {
	if (score >= 0.7) return "high";
	return score >= 0.45 ? "medium" : "low";
}
