import { IconBan, IconClockOff, IconKey } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { ApiKey } from "@/server/keys/contract";

/** Whether a key works. */
export function KeyState({ apiKey: { state, previous } }: { apiKey: ApiKey }) {
	switch (state) {
		case "live":
			return (
				<span
					title={
						previous ? `The old secret …${previous.lastFour} works until ${previous.until.toISOString()}` : undefined
					}
				>
					<Badge tone="accent" icon={IconKey} isPlain>
						{previous ? "Renewing" : "Works"}
					</Badge>
				</span>
			);
		case "expired":
			return (
				<Badge icon={IconClockOff} isPlain>
					Ended
				</Badge>
			);
		case "revoked":
			return (
				<Badge tone="red" icon={IconBan} isPlain>
					Revoked
				</Badge>
			);
	}
}
