"use client";

import { Modal, NativeSelect } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { percent } from "@/components/ui/figures";
import { say } from "@/components/ui/say";
import { Theme } from "@/components/ui/theme";
import { byPeople, type ExperimentInFull } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { variantWords } from "./variant-table";

/** Brings an agent's confidence to how often its answers here were found right: first what was found, then whether to use it. */
export default function CalibrateForm({ experiment, onClose }: { experiment: ExperimentInFull; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const { variants, scorers } = experiment;
	const [variantId, setVariant] = useState(variants[0]?.id ?? "");
	const [by, setBy] = useState<string>(scorers.find(({ kind }) => kind === "judge")?.key ?? byPeople);
	const found = useQuery(api.evaluations.findCalibration.queryOptions({ variantId, by }));
	const calibrate = useMutation(
		api.evaluations.calibrate.mutationOptions({
			onSuccess: async ({ agentName }) => {
				await cache.invalidateQueries(api.agents.pathFilter());
				say(`The confidence of ${agentName} is calibrated`);
				onClose();
			},
		}),
	);
	const failure = calibrate.error ?? found.error;
	return (
		<Theme>
			<Modal opened onClose={onClose} title="Calibrate confidence">
				<div className={styles.stack}>
					<NativeSelect
						label="By the answers of"
						value={variantId}
						onChange={(event) => setVariant(event.currentTarget.value)}
						data={variants.map((one) => ({ value: one.id, label: `${one.ordinal}. ${variantWords(one)}` }))}
					/>
					<NativeSelect
						label="Right or wrong is said by"
						value={by}
						onChange={(event) => setBy(event.currentTarget.value)}
						data={[
							{ value: byPeople, label: "People's ratings" },
							...scorers.map(({ key }) => ({ value: key, label: key })),
						]}
					/>
					<div role="status">
						{found.data?.calibration ? (
							<p>
								{found.data.right} of {found.data.answers} answers were right. Confidence was off by{" "}
								{percent(found.data.calibration.errorBefore)} on average, and would be by{" "}
								{percent(found.data.calibration.errorAfter)}. It becomes a new version of {found.data.agentName}.
							</p>
						) : (
							<p>{found.data?.why ?? (found.error ? "" : "Looking at the answers…")}</p>
						)}
					</div>
					{failure ? <ErrorView failure={toFailure(failure)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							look="primary"
							isBusy={calibrate.isPending}
							disabled={!found.data?.calibration}
							onClick={() => calibrate.mutate({ variantId, by })}
						>
							Use it
						</Button>
					</div>
				</div>
			</Modal>
		</Theme>
	);
}
