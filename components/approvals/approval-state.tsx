import {
	type Icon,
	IconAlertTriangle,
	IconCheck,
	IconCircleCheck,
	IconClock,
	IconClockX,
	IconEye,
	IconPencil,
	IconX,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { Approval } from "@/server/approvals/contract";

export const stateWords = {
	pending: "Waits",
	approved: "Approved",
	rejected: "Rejected",
	expired: "Expired",
	used: "Carried out",
	void: "Void",
} as const satisfies Record<Approval["state"], string>;

const looks = {
	pending: { tone: "amber", icon: IconClock },
	approved: { tone: "accent", icon: IconCheck },
	rejected: { tone: "red", icon: IconX },
	expired: { tone: "neutral", icon: IconClockX },
	used: { tone: "neutral", icon: IconCircleCheck },
	void: { tone: "neutral", icon: IconClockX },
} as const satisfies Record<Approval["state"], { tone: Tone; icon: Icon }>;

export function ApprovalState({ state }: { state: Approval["state"] }) {
	return (
		<Badge tone={looks[state].tone} icon={looks[state].icon}>
			{stateWords[state]}
		</Badge>
	);
}

const risks = {
	read: { tone: "neutral", icon: IconEye, word: "Reads" },
	write: { tone: "neutral", icon: IconPencil, word: "Changes" },
	danger: { tone: "red", icon: IconAlertTriangle, word: "Dangerous" },
} as const satisfies Record<Approval["risk"], { tone: Tone; icon: Icon; word: string }>;

export function Risk({ risk }: { risk: Approval["risk"] }) {
	return (
		<Badge tone={risks[risk].tone} icon={risks[risk].icon} isPlain>
			{risks[risk].word}
		</Badge>
	);
}
