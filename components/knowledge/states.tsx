import {
	type Icon,
	IconCircleCheck,
	IconCircleX,
	IconClock,
	IconExclamationCircle,
	IconLock,
	IconPlayerPause,
	IconUsers,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import { Bar } from "@/components/ui/bar";
import { figure } from "@/components/ui/figures";
import type { Collection, Document } from "@/server/knowledge/contract";

/** The way from queued to ready, in words. */
export const stateWords = {
	queued: "Waits its turn",
	parsing: "Reading",
	chunking: "Splitting",
	embedding: "Embedding",
	indexing: "Indexing",
	ready: "Ready",
	failed: "Failed",
	paused: "Paused",
	cancelled: "Cancelled",
} as const satisfies Record<Document["state"], string>;

const marks = {
	ready: { tone: "neutral", icon: IconCircleCheck },
	failed: { tone: "red", icon: IconExclamationCircle },
	queued: { tone: "neutral", icon: IconClock },
	paused: { tone: "neutral", icon: IconPlayerPause },
	cancelled: { tone: "neutral", icon: IconCircleX },
} as const satisfies Partial<Record<Document["state"], { tone: Tone; icon: Icon }>>;

export function DocumentState({ document }: { document: Document }) {
	switch (document.state) {
		case "ready":
		case "failed":
		case "queued":
		case "paused":
		case "cancelled": {
			const { tone, icon } = marks[document.state];
			return (
				<Badge tone={tone} icon={icon} isPlain>
					{stateWords[document.state]}
				</Badge>
			);
		}
		case "parsing":
		case "chunking":
		case "embedding":
		case "indexing":
			return (
				<Bar
					share={document.progress}
					label={stateWords[document.state]}
					detail={document.total > 1 ? `${figure(document.done)} of ${figure(document.total)}` : undefined}
				/>
			);
	}
}

export function AccessBadge({ access }: { access: Collection["access"] }) {
	switch (access) {
		case "private":
			return (
				<Badge icon={IconLock} isPlain>
					Only its owner
				</Badge>
			);
		case "everyone":
			return (
				<Badge icon={IconUsers} isPlain>
					Everyone
				</Badge>
			);
	}
}
