import { type Calibration, calibratedBy } from "@/server/agents/contract/calibration";
import type { Passage } from "@/server/knowledge/contract";
import type { Confidence } from "@/server/runs/contract";
import { calibrated, type Evidence } from "./calibration";
import type { Checked } from "./check";

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
const clamp = (value: number): number => Math.min(1, Math.max(0, value));

export const noConfidence = (reason: string): Confidence => ({ level: "none", score: 0, reasons: [reason] });

type Facts = {
	isDegraded: boolean;
	isIncomplete: boolean;
	sureness?: number | null;
	/** What an experiment found of its agent. */
	calibration?: Calibration | null;
};

/** What speaks for an answer, from what can be counted; null where it names nothing that it rests on. */
export function evidenceOf(checked: Checked, passages: readonly Passage[], sureness: number | null): Evidence | null {
	const cited = citedIn(checked, passages);
	if (cited.length === 0) return null;
	const { sentenceCount: all, unsupported, agreeing } = checked;
	return {
		share: all === 0 ? 1 : (all - unsupported.length) / all,
		nearness: Math.max(...cited.map(closeness)),
		agreement: all === 0 ? 0 : agreeing / all,
		breadth: clamp(cited.length / 3),
		sureness,
	};
}

const citedIn = ({ citations }: Checked, passages: readonly Passage[]): Passage[] =>
	citations.flatMap(({ marker }) => passages[marker - 1] ?? []);

/** How far an answer can be trusted, and why: as often as answers of such evidence are taken to be right. */
export function confidenceOf(checked: Checked, passages: readonly Passage[], facts: Facts): Confidence {
	const { sureness = null, calibration = null } = facts;
	const evidence = evidenceOf(checked, passages, sureness);
	if (!evidence) return { level: "low", score: 0.1, reasons: ["The answer names no passage that it rests on."] };
	const { share, nearness } = evidence;
	const cited = citedIn(checked, passages);
	const documents = new Set(cited.map(({ documentId }) => documentId)).size;
	const supported = checked.sentenceCount - checked.unsupported.length;
	const raw = calibrated(facts.isDegraded ? "quoted" : "model", evidence);
	const most = Math.min(facts.isIncomplete ? 0.4 : 1, share < 0.5 ? 0.4 : 1);
	const own = Math.min(raw, most);
	const score = calibration ? Math.min(calibratedBy(calibration, own), most) : own;
	const reasons = [
		`It cites ${plural(cited.length, "passage")} from ${plural(documents, "document")}.`,
		nearness >= 0.6
			? "The best passage is close to the question."
			: nearness >= 0.3
				? "The best passage is fairly close to the question."
				: "Even the best passage is not close to the question.",
		...supportReason(checked.sentenceCount, supported),
		...agreementReason(checked.agreeing),
		...surenessReason(sureness),
		...(checked.hadUnknownMarkers ? ["It cited passages that there are not; those marks were removed."] : []),
		...(facts.isDegraded ? ["No model wrote it: it quotes the passages."] : []),
		...(facts.isIncomplete ? ["It stops before its end."] : []),
		...(calibration ? [`Of ${calibration.answers} answers, those like it were right so often.`] : []),
	];
	// What only quotes answers no question by itself.
	const level = facts.isDegraded && levelOf(score) === "high" ? "medium" : levelOf(score);
	return { level, score: rounded(score), reasons, ...(calibration ? { raw: rounded(own) } : {}) };
}

const rounded = (share: number): number => Math.round(share * 100) / 100;

const agreementReason = (agreeing: number): string[] =>
	agreeing === 0 ? [] : [`${plural(agreeing, "sentence is", "sentences are")} said by two of its documents.`];

function surenessReason(sureness: number | null): string[] {
	if (sureness === null) return [];
	return [
		sureness >= 0.85
			? "The model was sure of its words."
			: sureness >= 0.7
				? "The model was fairly sure of its words."
				: "The model was not sure of its own words.",
	];
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
