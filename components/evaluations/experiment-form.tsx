"use client";

import { Checkbox, Drawer, MultiSelect, NativeSelect, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { useApi } from "@/components/trpc/client";
import { toFailure } from "@/components/trpc/failure";
import { Button } from "@/components/ui/button";
import { ErrorView } from "@/components/ui/error-view";
import { counted } from "@/components/ui/figures";
import { Theme } from "@/components/ui/theme";
import styles from "./evaluations.module.css";

/** Who is asked: agents, each with other prompts and by other models where that is wanted. */
export default function ExperimentForm({ datasetId, onClose }: { datasetId: string; onClose: () => void }) {
	const api = useApi();
	const cache = useQueryClient();
	const router = useRouter();
	const [name, setName] = useState("");
	const [agentIds, setAgentIds] = useState<string[]>([]);
	const [promptId, setPromptId] = useState("");
	const [versionIds, setVersionIds] = useState<string[]>([]);
	const [models, setModels] = useState<string[]>([]);
	const [isShared, setShared] = useState(false);
	const dataset = useQuery(api.evaluations.getDataset.queryOptions({ datasetId }));
	const agents = useQuery(api.agents.list.queryOptions({ limit: 200, sort: "name" }));
	const prompts = useQuery(api.prompts.list.queryOptions({ limit: 200, sort: "name" }));
	const prompt = useQuery({ ...api.prompts.get.queryOptions({ promptId }), enabled: promptId !== "" });
	const choices = useQuery(api.agents.models.queryOptions({}));
	const start = useMutation(
		api.evaluations.startExperiment.mutationOptions({
			onSuccess: async ({ id }) => {
				await cache.invalidateQueries(api.evaluations.listExperiments.pathFilter());
				router.push(`/evaluations/experiments/${id}`);
			},
		}),
	);
	const asked = (agents.data?.rows ?? []).filter(({ graph, version }) => graph === "assistant" && version !== null);
	const variants = agentIds.length * Math.max(1, versionIds.length) * Math.max(1, models.length);
	const answers = variants * (dataset.data?.items ?? 0);
	return (
		<Theme>
			<Drawer opened onClose={onClose} position="right" size={520} title="Run an experiment">
				<form
					className={styles.stack}
					onSubmit={(event) => {
						event.preventDefault();
						start.mutate({ datasetId, name, agentIds, promptVersionIds: versionIds, models, isShared });
					}}
				>
					<TextInput
						label="Name"
						description="Empty: as the dataset."
						maxLength={80}
						value={name}
						onChange={(event) => setName(event.currentTarget.value)}
					/>
					<MultiSelect
						label="Agents"
						required
						searchable
						description="Those that answer questions and have no tools."
						data={asked.map((one) => ({ value: one.id, label: one.name }))}
						value={agentIds}
						onChange={setAgentIds}
					/>
					<NativeSelect
						label="With versions of a prompt"
						data={[
							{ value: "", label: "Each agent's own prompt" },
							...(prompts.data?.rows ?? []).map((one) => ({ value: one.id, label: one.name })),
						]}
						value={promptId}
						onChange={(event) => {
							setPromptId(event.currentTarget.value);
							setVersionIds([]);
						}}
					/>
					{promptId ? (
						<MultiSelect
							label="Versions"
							data={(prompt.data?.versions ?? []).map((one) => ({
								value: one.id,
								label: `${one.version}${one.message ? ` · ${one.message}` : ""}`,
							}))}
							value={versionIds}
							onChange={setVersionIds}
						/>
					) : null}
					<MultiSelect
						label="By models"
						description="None: each agent's own."
						data={choices.data?.models ?? []}
						value={models}
						onChange={setModels}
					/>
					<Checkbox
						label="Share its answers with all who may read the dataset, to read and to rate"
						checked={isShared}
						onChange={(event) => setShared(event.currentTarget.checked)}
					/>
					<p className={styles.note}>
						{agentIds.length === 0
							? "Choose at least one agent."
							: `${counted(variants, "variant")}, ${counted(answers, "answer")}: each is a run in your name, within your budget.`}
					</p>
					{start.error ? <ErrorView failure={toFailure(start.error)} /> : null}
					<div className={styles.foot}>
						<Button onClick={onClose}>Cancel</Button>
						<Button
							type="submit"
							look="primary"
							isBusy={start.isPending}
							disabled={agentIds.length === 0 || (promptId !== "" && versionIds.length === 0)}
						>
							Start
						</Button>
					</div>
				</form>
			</Drawer>
		</Theme>
	);
}
