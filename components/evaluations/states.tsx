import { IconGavel } from "@tabler/icons-react";
import { type WorkLook, WorkState, workLooks } from "@/components/ui/work";
import type { Cell, Experiment, Mean } from "@/server/evaluations/contract";

export const experimentStateWords = {
	running: workLooks.running.word,
	paused: workLooks.paused.word,
	cancelled: workLooks.cancelled.word,
	ended: workLooks.ended.word,
} as const satisfies Record<Experiment["state"], string>;
const cellLooks = {
	...workLooks,
	judging: { word: "Being judged", tone: "accent", icon: IconGavel },
} as const satisfies Record<Cell["state"], WorkLook>;

export const ExperimentState = ({ state }: { state: Experiment["state"] }) => <WorkState look={workLooks[state]} />;
export const CellState = ({ state }: { state: Cell["state"] }) => <WorkState look={cellLooks[state]} />;

/** Points of 100. */
export const points = (score: number): string => (score * 100).toFixed(1);
/** A mean with where it lies with 95 % confidence. */
export const withInterval = ({ mean, low, high }: Mean): string => `${points(mean)} (${points(low)}–${points(high)})`;
