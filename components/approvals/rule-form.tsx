"use client";

import { Checkbox, Modal, MultiSelect, NativeSelect, Select } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import type { ApprovalRule, SaveApprovalRule } from "@/server/approvals/contract";
import styles from "./approvals.module.css";

const noInput = {};

/** Makes a rule, or changes the given one; its tool and agent stay. */
export default function RuleForm(props: {
	rule?: ApprovalRule;
	onClose: () => void;
	onSaved: (ruleId: string) => void;
}) {
	const { rule } = props;
	const api = useApi();
	const cache = useQueryClient();
	const procedures = useQuery(api.procedures.list.queryOptions(noInput));
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200 }));
	const roles = useQuery(api.access.listRoles.queryOptions({ limit: 200, sort: "name" }));
	const groups = useQuery(api.access.listGroups.queryOptions({ limit: 200, sort: "name" }));
	const [asked, setAsked] = useState<Required<SaveApprovalRule>>({
		tool: rule?.tool ?? null,
		agentId: rule?.agentId ?? null,
		approvers: rule?.approvers.map(({ key }) => key) ?? [],
		people: rule?.people ?? 1,
		needsSecond: rule?.needsSecond ?? true,
	});
	const change = (more: Partial<SaveApprovalRule>) => setAsked({ ...asked, ...more });
	const save = useMutation(
		api.approvals.saveRule.mutationOptions({
			onSuccess: async (saved) => {
				await cache.invalidateQueries(api.approvals.pathFilter());
				say("The rule is saved");
				props.onSaved(saved.id);
			},
		}),
	);
	const tools = (procedures.data?.rows ?? []).filter(
		({ path, tool, risk }) => (tool !== null && risk !== "read") || path === "budgets.askForMore",
	);
	const known = (rule?.approvers ?? []).map(({ key, name }) => ({ value: key, label: name }));
	const named = [
		...(roles.data?.rows ?? []).map(({ key, name }) => ({ value: key as string, label: `${name} (role)` })),
		...(groups.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: `${name} (group)` })),
	];
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title={rule ? "Change this rule" : "New rule"}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={(event) => {
						event.preventDefault();
						save.mutate(asked);
					}}
				>
					<Select
						label="Tool"
						searchable
						disabled={rule !== undefined}
						value={asked.tool ?? ""}
						onChange={(tool) => change({ tool: tool || null })}
						data={[
							{ value: "", label: "Every tool that changes something" },
							...tools.map(({ path, summary }) => ({ value: path, label: `${path}: ${summary ?? ""}` })),
							...(asked.tool && !tools.some(({ path }) => path === asked.tool)
								? [{ value: asked.tool, label: asked.tool }]
								: []),
						]}
						nothingFoundMessage="No tool by that name"
					/>
					<NativeSelect
						label="Called by"
						disabled={rule !== undefined}
						value={asked.agentId ?? ""}
						onChange={(event) => change({ agentId: event.currentTarget.value || null })}
						data={[
							{ value: "", label: "Every agent and program" },
							...(agents.data?.rows ?? []).map(({ id, name }) => ({ value: id, label: name })),
						]}
					/>
					<NativeSelect
						label="How many approve"
						value={String(asked.people)}
						onChange={(event) => change({ people: Number(event.currentTarget.value) })}
						data={[
							{ value: "1", label: "One person" },
							{ value: "2", label: "Two people" },
						]}
					/>
					<MultiSelect
						label="Who they are"
						description="They also need the right approvals:decide, and the right that the call needs."
						placeholder={asked.approvers.length === 0 ? "Anybody who may decide" : undefined}
						searchable
						data={[...named, ...known.filter(({ value }) => !named.some((one) => one.value === value))]}
						nothingFoundMessage="No role or group by that name"
						value={asked.approvers}
						onChange={(approvers) => change({ approvers })}
					/>
					<Checkbox
						label="Not the person for whom it is done"
						checked={asked.needsSecond}
						onChange={(event) => change({ needsSecond: event.currentTarget.checked })}
					/>
					{save.error ? <ErrorView failure={toFailure(save.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button type="submit" look="primary" isBusy={save.isPending}>
							{rule ? "Save" : "Make the rule"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
