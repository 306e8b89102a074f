import { type Icon, IconCircleCheck, IconClock, IconClockOff, IconX } from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { Invitation } from "@/server/invitations/contract";

export const stateWords = {
	open: "Waits",
	accepted: "Accepted",
	expired: "Expired",
	revoked: "Taken back",
} as const satisfies Record<Invitation["state"], string>;

const looks = {
	open: { tone: "amber", icon: IconClock },
	accepted: { tone: "accent", icon: IconCircleCheck },
	expired: { tone: "neutral", icon: IconClockOff },
	revoked: { tone: "neutral", icon: IconX },
} as const satisfies Record<Invitation["state"], { tone: Tone; icon: Icon }>;

export function InvitationState({ state }: { state: Invitation["state"] }) {
	return (
		<Badge tone={looks[state].tone} icon={looks[state].icon} isPlain>
			{stateWords[state]}
		</Badge>
	);
}
