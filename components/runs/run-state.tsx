import {
	type Icon,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconLoader2,
	IconPlayerStop,
	IconUserQuestion,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { CapKind, RunState as State } from "@/server/runs/contract";

export const runStateWords = {
	queued: "Queued",
	running: "Running",
	waiting: "Waits for a person",
	succeeded: "Answered",
	failed: "Failed",
	cancelled: "Stopped",
} as const satisfies Record<State, string>;

/** What a run had no more of. */
export const capWords = {
	steps: "Steps",
	depth: "Depth",
	tokens: "Tokens",
	cost: "Cost",
	time: "Time",
	loop: "It repeated itself",
} as const satisfies Record<CapKind, string>;

const looks = {
	queued: { tone: "neutral", icon: IconClock },
	running: { tone: "accent", icon: IconLoader2 },
	waiting: { tone: "amber", icon: IconUserQuestion },
	succeeded: { tone: "neutral", icon: IconCircleCheck },
	failed: { tone: "red", icon: IconExclamationCircle },
	cancelled: { tone: "neutral", icon: IconPlayerStop },
} as const satisfies Record<State, { tone: Tone; icon: Icon }>;

export function RunState({ state }: { state: State }) {
	return (
		<Badge tone={looks[state].tone} icon={looks[state].icon} isMoving={state === "running"} isPlain>
			{runStateWords[state]}
		</Badge>
	);
}
