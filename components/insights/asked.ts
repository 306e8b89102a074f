import {
	type Breakdown,
	breakdowns,
	ownBreakdowns,
	type ReadInsights,
	type Span,
	spanNames,
} from "@/server/insights/contract";

export const spanWords = {
	"24h": "Last 24 hours",
	"7d": "Last 7 days",
	"30d": "Last 30 days",
	"90d": "Last 90 days",
} as const satisfies Record<Span, string>;

export const breakdownWords = {
	model: "Model",
	agent: "Agent",
	user: "Person",
	group: "Group",
} as const satisfies Record<Breakdown, string>;

/** What narrows the page, by the breakdown whose row was opened. */
export const narrowedBy = {
	model: "modelKey",
	agent: "agentId",
	user: "userId",
	group: "groupId",
} as const satisfies Record<Breakdown, keyof ReadInsights>;

type Get = (name: string) => string | null;

/** What an address asks for, of everybody's; of one's own, by fewer. */
export function askedFrom(get: Get): ReadInsights {
	const asked: ReadInsights = {
		span: spanNames.find((one) => one === get("span")) ?? "7d",
		by: breakdowns.find((one) => one === get("by")) ?? "model",
	};
	for (const name of Object.values(narrowedBy)) {
		const value = get(name);
		if (value) asked[name] = value;
	}
	return asked;
}

export function ownAskedFrom(get: Get) {
	const { span, by, modelKey, agentId } = askedFrom(get);
	return {
		span,
		by: ownBreakdowns.find((one) => one === by) ?? "model",
		...(modelKey ? { modelKey } : {}),
		...(agentId ? { agentId } : {}),
	};
}
