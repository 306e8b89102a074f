"use client";

import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMay } from "@/components/shell/me";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { CopyId } from "@/components/ui/copy";
import { confirm, say } from "@/components/ui/say";
import { Fact, Facts, SidePanel } from "@/components/ui/side-panel";
import { Exactly } from "@/components/ui/time";
import type { ApprovalRule } from "@/server/approvals/contract";
import styles from "./approvals.module.css";
import { agentOf, approversOf, peopleOf, toolOf } from "./rule-words";

/** One rule: change it, or take it away. */
export function RulePanel({ rule, onEdit, onClose }: { rule: ApprovalRule; onEdit: () => void; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const mayManage = useMay("approvals:manage");
	const remove = useMutation(
		api.approvals.removeRule.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.approvals.pathFilter());
				say("The rule is removed");
				onClose();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Remove this rule?",
			text: "What waits already keeps what it asked for. What is dangerous waits for a second person all the same.",
			action: "Remove rule",
		});
		if (isWanted) remove.mutate({ ruleId: rule.id });
	};
	return (
		<SidePanel title={toolOf(rule)} label="Rule" onClose={onClose}>
			{mayManage ? (
				<div className={styles.buttons}>
					<Button icon={IconPencil} onClick={onEdit}>
						Change
					</Button>
					<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void ask()}>
						Remove
					</Button>
				</div>
			) : null}
			<Facts>
				<Fact name="Tool">{toolOf(rule)}</Fact>
				<Fact name="Called by">{agentOf(rule)}</Fact>
				<Fact name="Approved by">{peopleOf(rule)}</Fact>
				<Fact name="Who are">{approversOf(rule)}</Fact>
				<Fact name="The person themselves">
					{rule.needsSecond ? "can't approve what is done for them" : "can be one of them"}
				</Fact>
				<Fact name="Changed">
					<Exactly at={rule.updatedAt} />
				</Fact>
				<Fact name="Id">
					<CopyId value={rule.id} label="rule id" length={36} />
				</Fact>
			</Facts>
		</SidePanel>
	);
}
