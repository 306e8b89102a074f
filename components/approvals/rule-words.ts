import type { ApprovalRule } from "@/server/approvals/contract";

export const toolOf = ({ tool }: ApprovalRule): string => tool ?? "Every tool that changes something";
export const agentOf = ({ agentId, agentName }: ApprovalRule): string =>
	agentId ? (agentName ?? "an agent") : "Every agent and program";
export const peopleOf = ({ people, needsSecond }: ApprovalRule): string =>
	people === 2 ? "Two people" : needsSecond ? "A second person" : "One person";
export const approversOf = ({ approvers }: ApprovalRule): string =>
	approvers.map(({ name }) => name).join(" or ") || "Anybody who may decide";
