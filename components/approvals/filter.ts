import { approvalStates, type ListApprovals } from "@/server/approvals/contract";

/** The list that an address stands for: what waits, unless it says otherwise. */
export function filterFrom(get: (name: string) => string | null): Pick<ListApprovals, "filter"> {
	const asked = get("state");
	if (asked === "all") return {};
	const state = approvalStates.find((one) => one === asked) ?? "pending";
	return { filter: { state: { eq: state } } };
}
