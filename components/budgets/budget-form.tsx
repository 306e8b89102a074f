"use client";

import { Checkbox, Modal, NativeSelect, NumberInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import {
	type AddBudget,
	type Budget,
	type BudgetMeasure,
	type BudgetSubject,
	budgetMeasures,
	budgetSubjects,
} from "@/server/budgets/contract";
import { measureWords, spanWords, subjectWords, unitOf, whose } from "./budget-words";
import styles from "./budgets.module.css";
import { SubjectField } from "./subject-field";

type Asked = Required<AddBudget>;
const isSubject = (text: string): text is BudgetSubject => budgetSubjects.some((one) => one === text);
const isMeasure = (text: string): text is BudgetMeasure => budgetMeasures.some((one) => one === text);

const several: ReadonlySet<string> = new Set(["everybody", "group", "role"]);
/** What a subject's budget can count. */
const measuresOf = (kind: BudgetSubject): BudgetMeasure[] =>
	budgetMeasures.filter((measure) => {
		if (measure === "storage") return ["everybody", "user", "group", "role"].includes(kind);
		return measure !== "runs" || kind !== "model";
	});

/** Makes a budget, or changes the limit of the given one; whose it is and what it counts stay. */
export default function BudgetForm(props: { budget?: Budget; onClose: () => void; onSaved: (id: string) => void }) {
	const { budget } = props;
	const api = useApi();
	const cache = useQueryClient();
	const [asked, setAsked] = useState<Asked>({
		subjectKind: budget?.subjectKind ?? "user",
		subject: budget?.subject ?? "",
		isEach: budget?.isEach ?? false,
		measure: budget?.measure ?? "tokens",
		span: budget?.span ?? "month",
		currency: budget?.currency ?? "",
		most: budget?.most ?? 1_000_000,
		note: budget?.note ?? "",
	});
	const change = (more: Partial<Asked>) => setAsked({ ...asked, ...more });
	const onSuccess = async (saved: Budget) => {
		await cache.invalidateQueries(api.budgets.pathFilter());
		say("The budget is saved");
		props.onSaved(saved.id);
	};
	const add = useMutation(api.budgets.add.mutationOptions({ onSuccess }));
	const alter = useMutation(api.budgets.change.mutationOptions({ onSuccess }));
	const failure = add.error ?? alter.error;
	const measures = measuresOf(asked.subjectKind);
	const unit = unitOf[asked.measure];
	const take = (measure: BudgetMeasure) =>
		change({
			measure,
			span: measure === "storage" ? "always" : asked.span === "always" ? "month" : asked.span,
			currency: measure === "money" ? asked.currency : "",
			most:
				measure === "money"
					? 20 * unitOf.money
					: measure === "storage"
						? 500 * unitOf.storage
						: measure === "runs"
							? 100
							: 1_000_000,
		});
	return (
		<Theme>
			<Modal opened onClose={props.onClose} title={budget ? "Change this budget" : "New budget"}>
				<form
					className={styles.stack}
					noValidate
					onSubmit={(event) => {
						event.preventDefault();
						const { most, note } = asked;
						if (budget) alter.mutate({ budgetId: budget.id, most, note, basedOn: budget.revision });
						else add.mutate(asked);
					}}
				>
					{budget ? (
						<p className={styles.hint}>
							{whose(budget)}: {measureWords[budget.measure].toLowerCase()} {spanWords[budget.span]}
						</p>
					) : (
						<>
							<NativeSelect
								label="Whose"
								value={asked.subjectKind}
								onChange={(event) => {
									const kind = event.currentTarget.value;
									if (!isSubject(kind)) return;
									const measure = measuresOf(kind).includes(asked.measure) ? asked.measure : "tokens";
									const span = measure === "storage" ? "always" : asked.span === "always" ? "month" : asked.span;
									change({ subjectKind: kind, subject: "", isEach: false, measure, span });
								}}
								data={budgetSubjects.map((value) => ({ value, label: subjectWords[value] }))}
							/>
							<SubjectField
								key={asked.subjectKind}
								kind={asked.subjectKind}
								value={asked.subject}
								onChange={(subject) => change({ subject })}
							/>
							{several.has(asked.subjectKind) ? (
								<Checkbox
									label="Each person has so much for themselves"
									description="Else all of them share it."
									checked={asked.isEach}
									onChange={(event) => change({ isEach: event.currentTarget.checked })}
								/>
							) : null}
							<NativeSelect
								label="Of what"
								value={asked.measure}
								onChange={(event) => isMeasure(event.currentTarget.value) && take(event.currentTarget.value)}
								data={measures.map((value) => ({ value, label: measureWords[value] }))}
							/>
							{asked.measure === "storage" ? null : (
								<NativeSelect
									label="In"
									description="Both begin at 00:00 UTC."
									value={asked.span}
									onChange={(event) => change({ span: event.currentTarget.value === "day" ? "day" : "month" })}
									data={[
										{ value: "day", label: "A day" },
										{ value: "month", label: "A month" },
									]}
								/>
							)}
							{asked.measure === "money" ? (
								<TextInput
									label="Currency"
									description="As the models' prices have it, such as EUR. Empty for the prices of the environment."
									maxLength={3}
									value={asked.currency}
									onChange={(event) => change({ currency: event.currentTarget.value.toUpperCase() })}
								/>
							) : null}
						</>
					)}
					<NumberInput
						label={`At most${asked.measure === "money" ? ` (${asked.currency || "money"})` : asked.measure === "storage" ? " (MB)" : ` (${asked.measure})`}`}
						min={0}
						thousandSeparator=","
						value={asked.most / unit}
						onChange={(next) => change({ most: typeof next === "number" ? Math.round(next * unit) : 0 })}
					/>
					<TextInput
						label="Note"
						description="For other administrators."
						maxLength={300}
						value={asked.note}
						onChange={(event) => change({ note: event.currentTarget.value })}
					/>
					{failure ? <ErrorView failure={toFailure(failure)} /> : null}
					<div className={styles.foot}>
						<Button onClick={props.onClose}>Cancel</Button>
						<Button
							type="submit"
							look="primary"
							isBusy={add.isPending || alter.isPending}
							disabled={asked.subjectKind !== "everybody" && asked.subject === ""}
						>
							{budget ? "Save" : "Make the budget"}
						</Button>
					</div>
				</form>
			</Modal>
		</Theme>
	);
}
