import {
	IconAlertTriangle,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconPlayerPause,
	IconPlayerStop,
	IconRefresh,
} from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { Source, SyncRun } from "@/server/sources/contract";

const shown = {
	running: { tone: "accent", icon: IconRefresh, word: "Syncing" },
	done: { tone: "neutral", icon: IconCircleCheck, word: "Up to date" },
	partial: { tone: "amber", icon: IconAlertTriangle, word: "Not whole" },
	failed: { tone: "red", icon: IconExclamationCircle, word: "Failed" },
	stopped: { tone: "neutral", icon: IconPlayerStop, word: "Stopped" },
} as const satisfies Record<SyncRun["state"], object>;

export function SyncState({ state, word }: { state: SyncRun["state"]; word?: string }) {
	const { tone, icon, word: usual } = shown[state];
	return (
		<Badge tone={tone} icon={icon} isPlain isMoving={state === "running"}>
			{word ?? usual}
		</Badge>
	);
}

/** How a source stands: paused, on its way, or as its last sync left it. */
export function SourceState({ source: { isPaused, lastRun } }: { source: Source }) {
	if (lastRun?.state === "running") return <SyncState state="running" />;
	if (isPaused)
		return (
			<Badge icon={IconPlayerPause} isPlain>
				Paused
			</Badge>
		);
	if (lastRun) return <SyncState state={lastRun.state} />;
	return (
		<Badge icon={IconClock} isPlain>
			Not synced yet
		</Badge>
	);
}
