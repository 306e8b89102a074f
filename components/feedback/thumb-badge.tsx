import { IconThumbDown, IconThumbUp } from "@tabler/icons-react";
import { Badge } from "@/components/ui/badge";
import type { Thumb } from "@/server/feedback/contract";
import { thumbWords } from "./words";

export function ThumbBadge({ thumb }: { thumb: Thumb }) {
	return (
		<Badge tone={thumb === "up" ? "accent" : "amber"} icon={thumb === "up" ? IconThumbUp : IconThumbDown}>
			{thumbWords[thumb]}
		</Badge>
	);
}
