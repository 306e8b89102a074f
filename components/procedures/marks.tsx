import { type Icon, IconAlertTriangle, IconEye, IconPencil } from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { ProcedureEntry } from "@/server/procedures/contract";
import styles from "./procedures.module.css";

const looks = {
	read: { word: "Read", tone: "neutral", icon: IconEye },
	write: { word: "Write", tone: "accent", icon: IconPencil },
	danger: { word: "Danger", tone: "amber", icon: IconAlertTriangle },
} as const satisfies Record<ProcedureEntry["risk"], { word: string; tone: Tone; icon: Icon }>;

export const riskWords = { read: "Read", write: "Write", danger: "Danger" } as const satisfies Record<
	ProcedureEntry["risk"],
	string
>;

export function Risk({ risk }: { risk: ProcedureEntry["risk"] }) {
	const { word, tone, icon } = looks[risk];
	return (
		<Badge tone={tone} icon={icon} isPlain>
			{word}
		</Badge>
	);
}

export const faceWords = { rpc: "RPC", rest: "REST", tool: "Tool", mcp: "MCP" } as const satisfies Record<
	ProcedureEntry["faces"][number],
	string
>;

export function Faces({ faces }: { faces: ProcedureEntry["faces"] }) {
	return (
		<span className={styles.faces}>
			{faces.map((face) => (
				<span key={face}>{faceWords[face]}</span>
			))}
		</span>
	);
}
