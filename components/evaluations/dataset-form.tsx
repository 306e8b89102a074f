"use client";

import { Drawer, NativeSelect, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { Theme } from "@/components/ui/theme";
import type { Dataset, Scorer } from "@/server/evaluations/contract";
import styles from "./evaluations.module.css";
import { ScorerFields } from "./scorer-fields";

/** A new dataset, or another name and other scorers for one. */
export default function DatasetForm({ dataset, onClose }: { dataset?: Dataset; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const [name, setName] = useState(dataset?.name ?? "");
	const [description, setDescription] = useState(dataset?.description ?? "");
	const [scorers, setScorers] = useState<Scorer[]>(dataset?.scorers ?? [{ kind: "contains", key: "contains" }]);
	const [access, setAccess] = useState<Dataset["access"]>("private");
	const create = useMutation(
		api.evaluations.createDataset.mutationOptions({
			onSuccess: async ({ id }) => {
				await cache.invalidateQueries(api.evaluations.pathFilter());
				router.push(`/evaluations/datasets/${id}`);
			},
		}),
	);
	const change = useMutation(
		api.evaluations.changeDataset.mutationOptions({
			onSuccess: async () => {
				await cache.invalidateQueries(api.evaluations.pathFilter());
				onClose();
			},
		}),
	);
	const error = create.error ?? change.error;
	const submit = (event: FormEvent) => {
		event.preventDefault();
		if (dataset) change.mutate({ datasetId: dataset.id, basedOn: dataset.version, name, description, scorers });
		else create.mutate({ name, description, scorers, access });
	};
	return (
		<Theme>
			<Drawer
				opened
				onClose={onClose}
				position="right"
				size={520}
				title={dataset ? "Change the dataset" : "New dataset"}
			>
				<form className={styles.stack} onSubmit={submit}>
					<TextInput
						label="Name"
						required
						maxLength={80}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<Textarea
						label="What it is for"
						autosize
						minRows={2}
						maxLength={1_000}
						value={description}
						onChange={(event) => setDescription(event.currentTarget.value)}
					/>
					<ScorerFields scorers={scorers} onChange={setScorers} isOnline={false} />
					{dataset ? null : (
						<NativeSelect
							label="Who may read it"
							data={[
								{ value: "private", label: "Only you, and whom you share it with" },
								{ value: "everyone", label: "Everyone with an account" },
							]}
							value={access}
							onChange={(event) => setAccess(event.currentTarget.value === "everyone" ? "everyone" : "private")}
						/>
					)}
					{error ? <ErrorView failure={toFailure(error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							type="submit"
							look="primary"
							isBusy={create.isPending || change.isPending}
							disabled={name.trim() === ""}
						>
							{dataset ? "Save" : "Make it"}
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}
