import { IconUserCheck, IconUserOff } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";

export function AccountState({ isDisabled }: { isDisabled: boolean }) {
	return isDisabled ? (
		<Badge tone="red" icon={IconUserOff} isPlain>
			Disabled
		</Badge>
	) : (
		<Badge icon={IconUserCheck} isPlain>
			Active
		</Badge>
	);
}
