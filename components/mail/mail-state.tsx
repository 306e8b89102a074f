import {
	type Icon,
	IconCircleCheck,
	IconClock,
	IconExclamationCircle,
	IconHelpCircle,
	IconInbox,
	IconSend,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { Mail } from "@/server/mail/contract";

export const stateWords = {
	kept: "Kept here",
	waiting: "Waits",
	handed: "On its way",
	sent: "Sent",
	uncertain: "Unknown",
	failed: "Failed",
} as const satisfies Record<Mail["state"], string>;

const looks = {
	kept: { tone: "neutral", icon: IconInbox },
	waiting: { tone: "amber", icon: IconClock },
	handed: { tone: "accent", icon: IconSend },
	sent: { tone: "neutral", icon: IconCircleCheck },
	uncertain: { tone: "amber", icon: IconHelpCircle },
	failed: { tone: "red", icon: IconExclamationCircle },
} as const satisfies Record<Mail["state"], { tone: Tone; icon: Icon }>;

export function MailState({ state }: { state: Mail["state"] }) {
	return (
		<Badge tone={looks[state].tone} icon={looks[state].icon} isPlain>
			{stateWords[state]}
		</Badge>
	);
}

export const kindWords = {
	invitation: "Invitation",
	"password-reset": "New password",
	"email-change": "New address",
	notice: "Notice",
} as const satisfies Record<Mail["kind"], string>;
