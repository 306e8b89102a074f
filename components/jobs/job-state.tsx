import {
	type Icon,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconLoader2,
	IconParking,
	IconPlayerStop,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { JobRun } from "@/server/jobs/contract";

type State = JobRun["state"];

export const jobStateWords = {
	queued: "Waits",
	running: "Running",
	parked: "Parked",
	completed: "Done",
	failed: "Failed",
	cancelled: "Cancelled",
} as const satisfies Record<State, string>;

const looks = {
	queued: { tone: "neutral", icon: IconClock },
	running: { tone: "accent", icon: IconLoader2 },
	parked: { tone: "amber", icon: IconParking },
	completed: { tone: "neutral", icon: IconCircleCheck },
	failed: { tone: "red", icon: IconExclamationCircle },
	cancelled: { tone: "neutral", icon: IconPlayerStop },
} as const satisfies Record<State, { tone: Tone; icon: Icon }>;

/** `quarterdeck-ingest-document` is, to its reader, `ingest document`. */
export const jobName = (functionId: string): string => functionId.replace(/^quarterdeck-/, "").replaceAll("-", " ");

export const shownStates = [
	"queued",
	"running",
	"parked",
	"completed",
	"failed",
	"cancelled",
] as const satisfies readonly State[];

/** The filter that an address stands for. */
export function filterFrom(get: (name: string) => string | null): { filter?: { state: { eq: State } } } {
	const state = shownStates.find((one) => one === get("state"));
	return state ? { filter: { state: { eq: state } } } : {};
}

export function JobState({ state }: { state: State }) {
	return (
		<Badge tone={looks[state].tone} icon={looks[state].icon} isMoving={state === "running"} isPlain>
			{jobStateWords[state]}
		</Badge>
	);
}
