import type { ListTraces, TraceStatus } from "@/server/traces/contract";

const hourMs = 3_600_000;
export const sinceHours = {
	"1": "Last hour",
	"24": "Last 24 hours",
	"168": "Last 7 days",
	"720": "Last 30 days",
} as const;
export const leastMs = { "1000": "At least 1 s", "10000": "At least 10 s", "60000": "At least 1 min" } as const;
const statuses = ["running", "ok", "failed", "cancelled"] as const satisfies readonly TraceStatus[];
export const shownStatuses: readonly TraceStatus[] = statuses;

type Get = (name: string) => string | null;
export type TraceFilter = NonNullable<ListTraces["filter"]>;

/** The filter that an address stands for. */
export function filterFrom(get: Get, now: Date): { filter: TraceFilter } {
	const [agentId, userId, model, status] = [get("agent"), get("user"), get("model"), get("status")];
	const [since, least] = [get("since") ?? "", get("least") ?? ""];
	const filter: TraceFilter = {};
	if (agentId) filter.agentId = { eq: agentId };
	if (userId) filter.userId = { eq: userId };
	if (model) filter.model = { eq: model };
	const known = statuses.find((one) => one === status);
	if (known) filter.status = { eq: known };
	if (Object.hasOwn(leastMs, least)) filter.ms = { gte: Number(least) };
	if (get("errors") === "1") filter.hasFailures = { eq: true };
	// By whole hours: the server's page and the browser ask the same.
	if (Object.hasOwn(sinceHours, since))
		filter.startedAt = {
			gte: new Date((Math.floor(now.getTime() / hourMs) + 1 - Number(since)) * hourMs).toISOString(),
		};
	return { filter };
}
