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
import type { Budget } from "@/server/budgets/contract";
import { amount, measureWords, spanWords, subjectWords, whose } from "./budget-words";
import styles from "./budgets.module.css";
import { Meter } from "./meter";

/** One budget: how much is left of it, and the way to change it. */
export function BudgetPanel(props: { budget: Budget; onEdit: () => void; onClose: () => void }) {
	const { budget } = props;
	const { measure, currency } = budget;
	const api = useApi();
	const cache = useQueryClient();
	const mayManage = useMay("budgets:manage");
	const remove = useMutation(
		api.budgets.remove.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.budgets.pathFilter());
				say("The budget is removed");
				props.onClose();
			},
			onError: (error) => say(toFailure(error).message, "failed"),
		}),
	);
	const ask = async () => {
		const isWanted = await confirm({
			title: "Remove this budget?",
			text: "It binds nobody any more from now on. The other budgets and the installation's own limits hold all the same.",
			action: "Remove budget",
		});
		if (isWanted) remove.mutate({ budgetId: budget.id });
	};
	const used = budget.isEach ? budget.peak : budget.used;
	return (
		<SidePanel title={whose(budget)} label="Budget" onClose={props.onClose}>
			{mayManage ? (
				<div className={styles.acts}>
					<Button icon={IconPencil} onClick={props.onEdit}>
						Change
					</Button>
					<Button look="danger" icon={IconTrash} isBusy={remove.isPending} onClick={() => void ask()}>
						Remove
					</Button>
				</div>
			) : null}
			<Meter label="Used" used={used} held={budget.isEach ? 0 : budget.held} most={budget.most} />
			<Facts>
				<Fact name="Whose">{subjectWords[budget.subjectKind]}</Fact>
				<Fact name="Limit">
					{amount(measure, budget.most, currency)} {spanWords[budget.span]}
				</Fact>
				<Fact name="Counts">{measureWords[measure]}</Fact>
				{budget.isEach ? <Fact name="Most by one person">{amount(measure, budget.peak, currency)}</Fact> : null}
				<Fact name={budget.isEach ? "Used by all" : "Used"}>{amount(measure, budget.used, currency)}</Fact>
				<Fact name="Held back">{amount(measure, budget.held, currency)}</Fact>
				<Fact name="Begins anew">
					{budget.resetsAt ? <Exactly at={budget.resetsAt} /> : "Never: what is stored counts"}
				</Fact>
				<Fact name="Note">{budget.note}</Fact>
				<Fact name="Made by">{budget.createdByName}</Fact>
				<Fact name="Changed">
					<Exactly at={budget.updatedAt} />
				</Fact>
				<Fact name="Id">
					<CopyId value={budget.id} label="budget id" length={36} />
				</Fact>
			</Facts>
		</SidePanel>
	);
}
