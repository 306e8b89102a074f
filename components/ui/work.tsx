"use client";

import {
	type Icon,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconLoader2,
	IconPlayerPause,
	IconPlayerPlay,
	IconPlayerStop,
	IconRefresh,
	IconTrash,
} from "@tabler/icons-react";
import { Badge, type Tone } from "./badge";
import { Button } from "./button";

export type WorkLook = { word: string; tone: Tone; icon: Icon };

/** Work of many parts, and each of its parts, have these states wherever they are shown. */
export const workLooks = {
	queued: { word: "Queued", tone: "neutral", icon: IconClock },
	running: { word: "Running", tone: "accent", icon: IconLoader2 },
	paused: { word: "Paused", tone: "amber", icon: IconPlayerPause },
	done: { word: "Done", tone: "neutral", icon: IconCircleCheck },
	ended: { word: "Done", tone: "neutral", icon: IconCircleCheck },
	failed: { word: "Failed", tone: "red", icon: IconExclamationCircle },
	cancelled: { word: "Given up", tone: "neutral", icon: IconPlayerStop },
} as const satisfies Record<string, WorkLook>;

export function WorkState({ look: { word, tone, icon } }: { look: WorkLook }) {
	return (
		<Badge tone={tone} icon={icon} isMoving={icon === IconLoader2} isPlain>
			{word}
		</Badge>
	);
}

/** What whoever began such work can do with it, in each of its states. */
export function SteerWork(props: {
	state: "running" | "paused" | "cancelled" | "ended";
	/** What can be tried again, as people count it; null where there is nothing. */
	again: string | null;
	isSteering: boolean;
	isRemoving: boolean;
	onAct: (action: "pause" | "resume" | "cancel" | "retry") => void;
	onRemove: () => void;
}) {
	const { state, again, isSteering, onAct } = props;
	return (
		<>
			{state === "running" ? (
				<Button icon={IconPlayerPause} isBusy={isSteering} onClick={() => onAct("pause")}>
					Pause
				</Button>
			) : null}
			{state === "paused" ? (
				<Button look="primary" icon={IconPlayerPlay} isBusy={isSteering} onClick={() => onAct("resume")}>
					Resume
				</Button>
			) : null}
			{state === "running" || state === "paused" ? (
				<Button icon={IconPlayerStop} isBusy={isSteering} onClick={() => onAct("cancel")}>
					Give up
				</Button>
			) : null}
			{state !== "paused" && again ? (
				<Button icon={IconRefresh} isBusy={isSteering} onClick={() => onAct("retry")}>
					Try {again} again
				</Button>
			) : null}
			{state === "ended" || state === "cancelled" ? (
				<Button look="danger" icon={IconTrash} isBusy={props.isRemoving} onClick={props.onRemove}>
					Remove
				</Button>
			) : null}
		</>
	);
}
