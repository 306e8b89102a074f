import {
	type Icon,
	IconBook2,
	IconCircleDashed,
	IconCoin,
	IconCpu,
	IconDatabase,
	IconFlask,
	IconListDetails,
	IconPlayerPlay,
	IconSearch,
	IconShieldHalf,
	IconTool,
	IconUserQuestion,
} from "@tabler/icons-react";
import { Badge, type Tone } from "@/components/ui/badge";
import type { SpanKind, TraceStatus } from "@/server/traces/contract";

export const kindWords = {
	run: { word: "Run", icon: IconPlayerPlay },
	trial: { word: "Trial", icon: IconFlask },
	node: { word: "Step", icon: IconCircleDashed },
	model: { word: "Model", icon: IconCpu },
	tool: { word: "Tool", icon: IconTool },
	search: { word: "Search", icon: IconSearch },
	embedding: { word: "Embedding", icon: IconBook2 },
	rerank: { word: "Reranking", icon: IconListDetails },
	guard: { word: "Safety", icon: IconShieldHalf },
	cache: { word: "Kept answers", icon: IconDatabase },
	budget: { word: "Budget", icon: IconCoin },
	approval: { word: "Approval", icon: IconUserQuestion },
} as const satisfies Record<SpanKind, { word: string; icon: Icon }>;

export const statusWords = {
	running: { word: "Running", tone: "accent" },
	ok: { word: "Done", tone: "neutral" },
	failed: { word: "Failed", tone: "red" },
	cancelled: { word: "Cancelled", tone: "neutral" },
	skipped: { word: "Not asked", tone: "amber" },
} as const satisfies Record<TraceStatus, { word: string; tone: Tone }>;

export function SpanState({ status }: { status: TraceStatus }) {
	return <Badge tone={statusWords[status].tone}>{statusWords[status].word}</Badge>;
}

export function KindIcon({ kind }: { kind: SpanKind }) {
	const Mark = kindWords[kind].icon;
	return <Mark size={14} stroke={1.6} aria-hidden="true" />;
}
