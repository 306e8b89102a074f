import { IconAlertTriangle, IconBan, IconCheck } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { AuditEntry } from "@/server/audit/contract";

export function Outcome({ outcome }: { outcome: AuditEntry["outcome"] }) {
	switch (outcome) {
		case "done":
			return (
				<Badge icon={IconCheck} isPlain>
					Done
				</Badge>
			);
		case "denied":
			return (
				<Badge tone="red" icon={IconBan} isPlain>
					Denied
				</Badge>
			);
		case "failed":
			return (
				<Badge tone="red" icon={IconAlertTriangle} isPlain>
					Failed
				</Badge>
			);
	}
}
