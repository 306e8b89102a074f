import { feedbackReasons, type ListFeedback, thumbs } from "@/server/feedback/contract";

/** The list that an address stands for. */
export function filterFrom(get: (name: string) => string | null): Pick<ListFeedback, "filter"> {
	const thumb = thumbs.find((one) => one === get("thumb"));
	const reason = feedbackReasons.find((one) => one === get("reason"));
	const agentId = get("agent");
	const filter = {
		...(thumb ? { thumb: { eq: thumb } } : {}),
		...(reason ? { reason: { eq: reason } } : {}),
		...(agentId && /^[0-9a-f-]{36}$/.test(agentId) ? { agentId: { eq: agentId } } : {}),
	};
	return Object.keys(filter).length > 0 ? { filter } : {};
}
