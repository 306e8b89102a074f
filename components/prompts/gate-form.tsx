"use client";

import { Modal, NativeSelect, NumberInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { PromptLabel } from "@/server/prompts/contract";
import styles from "./prompts.module.css";
import { useLabelsChanged } from "./use-labels";

/** Which score on which dataset a version has to reach before the label may move to it. */
export default function GateForm({
	promptId,
	label,
	onClose,
}: {
	promptId: string;
	label: PromptLabel;
	onClose: () => void;
}) {
	const api = useApi();
	const { data, error } = useQuery(api.evaluations.listDatasets.queryOptions({ limit: 200 }));
	const [chosen, setChosen] = useState(label.gate?.datasetId ?? "");
	const [scorer, setScorer] = useState(label.gate?.scorer ?? "");
	const [least, setLeast] = useState<string | number>(label.gate ? label.gate.least * 100 : 80);
	const [days, setDays] = useState<string | number>(label.gate?.freshDays ?? 30);
	const changed = useLabelsChanged(promptId, onClose);
	const named = { promptId, label: label.name, basedOn: label.revision };
	const set = useMutation(api.prompts.setGate.mutationOptions({ onSuccess: changed(`${label.name} has a gate`) }));
	const remove = useMutation(
		api.prompts.removeGate.mutationOptions({ onSuccess: changed(`${label.name} has no gate any more`) }),
	);
	const rows = data?.rows ?? [];
	const dataset = rows.find(({ id }) => id === chosen) ?? rows[0];
	const failed = error ?? set.error ?? remove.error;
	return (
		<Theme>
			<Modal opened onClose={onClose} title={`What ${label.name} asks for`}>
				{data && !dataset ? (
					<div className={styles.stack}>
						<p>There is no dataset yet that you may read.</p>
						<div>
							<ButtonLink href="/evaluations?new=1" look="primary">
								Make a dataset
							</ButtonLink>
						</div>
					</div>
				) : (
					<form
						className={styles.stack}
						onSubmit={(event) => {
							event.preventDefault();
							if (!dataset) return;
							set.mutate({
								...{ ...named, datasetId: dataset.id, scorer: scorer || null },
								...{ least: Number(least) / 100, freshDays: Number(days) || 1 },
							});
						}}
					>
						<NativeSelect
							label="Dataset"
							data={rows.map(({ id, name }) => ({ value: id, label: name }))}
							value={dataset?.id ?? ""}
							onChange={(event) => {
								setChosen(event.currentTarget.value);
								setScorer("");
							}}
						/>
						<NativeSelect
							label="By"
							data={[
								{ value: "", label: "The mean of all its scorers" },
								...(dataset?.scorers ?? []).map(({ key }) => ({ value: key, label: key })),
							]}
							value={scorer}
							onChange={(event) => setScorer(event.currentTarget.value)}
						/>
						<div className={styles.pair}>
							<NumberInput label="Points of 100, at least" min={0} max={100} value={least} onChange={setLeast} />
							<NumberInput
								label="Days that an experiment holds"
								min={1}
								max={365}
								allowDecimal={false}
								value={days}
								onChange={setDays}
							/>
						</div>
						<p>
							A version that has not reached this can't be proposed. Only who sets what waits for approval changes or
							removes it later.
						</p>
						{failed ? <ErrorView failure={toFailure(failed)} /> : null}
						<div className={styles.foot}>
							{label.gate ? (
								<Button look="danger" isBusy={remove.isPending} onClick={() => remove.mutate(named)}>
									Remove the gate
								</Button>
							) : null}
							<Button onClick={onClose}>Cancel</Button>
							<Button type="submit" look="primary" isBusy={set.isPending} disabled={!dataset || least === ""}>
								Set it
							</Button>
						</div>
					</form>
				)}
			</Modal>
		</Theme>
	);
}
