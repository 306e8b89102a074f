import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconUserCheck } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import { percent } from "@/components/ui/figures";
import { type WorkLook, WorkState, workLooks } from "@/components/ui/work";
import type { ExtractedField, Extraction, ExtractionResult } from "@/server/extractions/contract";

export const extractionStateWords = {
	running: workLooks.running.word,
	paused: workLooks.paused.word,
	cancelled: workLooks.cancelled.word,
	ended: workLooks.ended.word,
} as const satisfies Record<Extraction["state"], string>;
export const resultStateWords = {
	queued: workLooks.queued.word,
	running: workLooks.running.word,
	done: workLooks.done.word,
	failed: workLooks.failed.word,
	cancelled: workLooks.cancelled.word,
} as const satisfies Record<ExtractionResult["state"], string>;

export const ExtractionState = ({ state }: { state: Extraction["state"] }) => <WorkState look={workLooks[state]} />;
export const ResultState = ({ state }: { state: ExtractionResult["state"] }) => <WorkState look={workLooks[state]} />;

const levelLooks = {
	high: { word: "High", tone: "accent", icon: IconCircleCheck },
	medium: { word: "Medium", tone: "amber", icon: IconCircleDashed },
	low: { word: "Low", tone: "red", icon: IconAlertTriangle },
	none: { word: "Nothing found", tone: "neutral", icon: IconCircleDashed },
} as const satisfies Record<ExtractedField["level"], WorkLook>;

/** How sure a field is, in a word, a figure and a colour. */
export function FieldConfidence({ field }: { field: ExtractedField }) {
	if (field.correctedByName !== null)
		return (
			<Badge tone="accent" icon={IconUserCheck} isPlain>
				By hand
			</Badge>
		);
	const { word, tone, icon } = levelLooks[field.level];
	return (
		<Badge tone={tone} icon={icon} isPlain>
			{field.level === "none" ? word : `${word} ${percent(field.confidence)}`}
		</Badge>
	);
}

/** The least sure field of a document. */
export function Certainty({ certainty }: { certainty: number | null }) {
	if (certainty === null) return "–";
	const { word, tone, icon } = levelLooks[certainty >= 80 ? "high" : certainty >= 50 ? "medium" : "low"];
	return (
		<Badge tone={tone} icon={icon} isPlain>
			{word} {certainty} %
		</Badge>
	);
}
