"use client";

import { Modal, NativeSelect, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ButtonLink } from "@/components/ui/button-link";
import { ErrorView } from "@/components/ui/error-view";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import styles from "./evaluations.module.css";

/** A question and its answer as an example, with what the answer should have been. */
export default function AddToDataset({
	runId,
	answer,
	onClose,
}: {
	runId: string;
	answer: string;
	onClose: () => void;
}) {
	const api = useApi();
	const cache = useQueryClient();
	const [chosen, setChosen] = useState("");
	const [expected, setExpected] = useState(answer);
	const { data, error } = useQuery(api.evaluations.listDatasets.queryOptions({ limit: 200 }));
	const own = (data?.rows ?? []).filter(({ mayManage }) => mayManage);
	const datasetId = own.some(({ id }) => id === chosen) ? chosen : (own[0]?.id ?? "");
	const add = useMutation(
		api.evaluations.addRun.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.pathFilter());
				say("The answer is in the dataset");
				onClose();
			},
		}),
	);
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Add to a dataset">
				{data && own.length === 0 ? (
					<div className={styles.stack}>
						<p>There is no dataset yet that you may change.</p>
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
							add.mutate({ datasetId, runId, expected });
						}}
					>
						<NativeSelect
							label="Dataset"
							data={own.map(({ id, name }) => ({ value: id, label: name }))}
							value={datasetId}
							onChange={(event) => setChosen(event.currentTarget.value)}
						/>
						<Textarea
							label="Expected answer"
							autosize
							minRows={3}
							maxRows={12}
							maxLength={20_000}
							value={expected}
							onChange={(event) => setExpected(event.currentTarget.value)}
						/>
						<p className={styles.note}>Whoever may read the dataset reads this question and this answer.</p>
						{error || add.error ? <ErrorView failure={toFailure(error ?? add.error)} /> : null}
						<div className={styles.foot}>
							<Button onClick={onClose}>Cancel</Button>
							<Button type="submit" look="primary" isBusy={add.isPending} disabled={datasetId === ""}>
								Add it
							</Button>
						</div>
					</form>
				)}
			</Modal>
		</Theme>
	);
}
