import { IconBan, IconPlugConnected } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { Program } from "@/server/oauth/contract";

/** Whether it may ask people. */
export const ProgramState = ({ program: { state } }: { program: Program }) =>
	state === "live" ? (
		<Badge tone="accent" icon={IconPlugConnected} isPlain>
			May ask
		</Badge>
	) : (
		<Badge tone="red" icon={IconBan} isPlain>
			Revoked
		</Badge>
	);
