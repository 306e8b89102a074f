import type { Stop, StopKind } from "@/server/stops/contract";

export const kindWords = {
	everything: "Everything",
	agent: "Agent",
	tool: "Tool",
	model: "Model",
	user: "Person",
} as const satisfies Record<StopKind, string>;

export const nameOf = ({ kind, target, targetName }: Stop): string =>
	kind === "everything" ? "Every agent, tool and model" : (targetName ?? target);
