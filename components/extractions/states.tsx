import {
	type Icon,
	IconAlertTriangle,
	IconCircleCheck,
	IconCircleDashed,
	IconClock,
	IconExclamationCircle,
	IconLoader2,
	IconPlayerPause,
	IconPlayerStop,
	IconUserCheck,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import { percent } from "@/components/ui/figures";
import type { ExtractedField, Extraction, ExtractionResult } from "@/server/extractions/contract";

type Look = { word: string; tone: Tone; icon: Icon };

const extractionLooks = {
	running: { word: "Running", tone: "accent", icon: IconLoader2 },
	paused: { word: "Paused", tone: "amber", icon: IconPlayerPause },
	cancelled: { word: "Given up", tone: "neutral", icon: IconPlayerStop },
	ended: { word: "Done", tone: "neutral", icon: IconCircleCheck },
} as const satisfies Record<Extraction["state"], Look>;

export const extractionStateWords = {
	running: extractionLooks.running.word,
	paused: extractionLooks.paused.word,
	cancelled: extractionLooks.cancelled.word,
	ended: extractionLooks.ended.word,
};

const resultLooks = {
	queued: { word: "Queued", tone: "neutral", icon: IconClock },
	running: { word: "Running", tone: "accent", icon: IconLoader2 },
	done: { word: "Done", tone: "neutral", icon: IconCircleCheck },
	failed: { word: "Failed", tone: "red", icon: IconExclamationCircle },
	cancelled: { word: "Given up", tone: "neutral", icon: IconPlayerStop },
} as const satisfies Record<ExtractionResult["state"], Look>;

export const resultStateWords = {
	queued: resultLooks.queued.word,
	running: resultLooks.running.word,
	done: resultLooks.done.word,
	failed: resultLooks.failed.word,
	cancelled: resultLooks.cancelled.word,
};

export function ExtractionState({ state }: { state: Extraction["state"] }) {
	const { word, tone, icon } = extractionLooks[state];
	return (
		<Badge tone={tone} icon={icon} isMoving={state === "running"} isPlain>
			{word}
		</Badge>
	);
}

export function ResultState({ state }: { state: ExtractionResult["state"] }) {
	const { word, tone, icon } = resultLooks[state];
	return (
		<Badge tone={tone} icon={icon} isMoving={state === "running"} isPlain>
			{word}
		</Badge>
	);
}

const levelLooks = {
	high: { word: "High", tone: "accent", icon: IconCircleCheck },
	medium: { word: "Medium", tone: "amber", icon: IconCircleDashed },
	low: { word: "Low", tone: "red", icon: IconAlertTriangle },
	none: { word: "Nothing found", tone: "neutral", icon: IconCircleDashed },
} as const satisfies Record<ExtractedField["level"], Look>;

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
