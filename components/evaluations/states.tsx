import {
	type Icon,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconGavel,
	IconLoader2,
	IconPlayerPause,
	IconPlayerStop,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { Cell, Experiment, Mean } from "@/server/evaluations/contract";

type Look = { word: string; tone: Tone; icon: Icon };

const experimentLooks = {
	running: { word: "Running", tone: "accent", icon: IconLoader2 },
	paused: { word: "Paused", tone: "amber", icon: IconPlayerPause },
	cancelled: { word: "Given up", tone: "neutral", icon: IconPlayerStop },
	ended: { word: "Done", tone: "neutral", icon: IconCircleCheck },
} as const satisfies Record<Experiment["state"], Look>;
export const experimentStateWords = {
	running: experimentLooks.running.word,
	paused: experimentLooks.paused.word,
	cancelled: experimentLooks.cancelled.word,
	ended: experimentLooks.ended.word,
};
const cellLooks = {
	queued: { word: "Queued", tone: "neutral", icon: IconClock },
	running: { word: "Running", tone: "accent", icon: IconLoader2 },
	judging: { word: "Being judged", tone: "accent", icon: IconGavel },
	done: { word: "Done", tone: "neutral", icon: IconCircleCheck },
	failed: { word: "Failed", tone: "red", icon: IconExclamationCircle },
	cancelled: { word: "Given up", tone: "neutral", icon: IconPlayerStop },
} as const satisfies Record<Cell["state"], Look>;

export function ExperimentState({ state }: { state: Experiment["state"] }) {
	const { word, tone, icon } = experimentLooks[state];
	return (
		<Badge tone={tone} icon={icon} isMoving={state === "running"} isPlain>
			{word}
		</Badge>
	);
}

export function CellState({ state }: { state: Cell["state"] }) {
	const { word, tone, icon } = cellLooks[state];
	return (
		<Badge tone={tone} icon={icon} isMoving={state === "running"} isPlain>
			{word}
		</Badge>
	);
}

/** Points of 100. */
export const points = (score: number): string => (score * 100).toFixed(1);
/** A mean with where it lies with 95 % confidence. */
export const withInterval = ({ mean, low, high }: Mean): string => `${points(mean)} (${points(low)}–${points(high)})`;
