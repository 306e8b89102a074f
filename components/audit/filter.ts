import type { ListAudit } from "@/server/audit/contract";

type Filter = Pick<ListAudit, "action" | "outcome" | "requestId" | "userId">;

const outcomes = ["done", "denied", "failed"] as const;

/** The filter that an address stands for; the server page and the browser read it alike. */
export function filterFrom(get: (name: string) => string | null): Filter {
	return {
		action: get("action") || undefined,
		outcome: outcomes.find((outcome) => outcome === get("outcome")),
		requestId: get("request") || undefined,
		userId: get("user") || undefined,
	};
}
