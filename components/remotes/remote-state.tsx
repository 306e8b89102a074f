import { IconAlertTriangle, IconCircleCheck, IconEye, IconPlugOff } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { RemoteServer } from "@/server/remotes/contract";

/** Whether a server can be used, and whether it waits for somebody. */
export function RemoteState({ server }: { server: RemoteServer }) {
	if (!server.isEnabled)
		return (
			<Badge icon={IconPlugOff} isPlain>
				Off
			</Badge>
		);
	if (server.changedCount > 0)
		return (
			<Badge tone="amber" icon={IconEye} isPlain>
				Look at changes
			</Badge>
		);
	if (server.problem)
		return (
			<Badge tone="red" icon={IconAlertTriangle} isPlain>
				Has a problem
			</Badge>
		);
	return (
		<Badge tone="accent" icon={IconCircleCheck} isPlain>
			Answers
		</Badge>
	);
}
