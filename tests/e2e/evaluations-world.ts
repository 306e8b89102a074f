import { expect } from "playwright/test";
import type { Client } from "../support/client";
import type { Standing } from "./standing";

type Api = Client["api"];

/** A dataset, an experiment with two versions of a prompt and a judge, ratings, a gate and scores of real runs. */
export async function fillEvaluations({ provider }: Standing, api: Api): Promise<Record<string, string>> {
	provider.when("You judge one answer", { text: '{"rating": 4, "why": "It names the berth."}' });
	const { rows: agents } = await api.agents.list.query({ limit: 200 });
	const agentId = agents.find(({ name }) => name === "Harbour office")?.id ?? "";
	const { rows: prompts } = await api.prompts.list.query({ limit: 200 });
	const promptId = prompts.find(({ name }) => name === "Harbour voice")?.id ?? "";
	const { versions } = await api.prompts.get.query({ promptId });
	const { id: datasetId } = await api.evaluations.createDataset.mutate({
		name: "Questions of the quay",
		description: "What ships' masters ask most.",
		scorers: [
			{ kind: "contains", key: "contains" },
			{ kind: "citations", key: "citations" },
			{ kind: "judge", key: "judge", rubric: "It names the berth, and nothing that was not asked." },
		],
	});
	const csv = [
		"input,expected,notes,tags",
		"Which berth does the ferry Marrowby use on Sundays?,berth 2,It changes in summer,ferry;sunday",
		"Which berth does it use on weekdays?,berth 4,,ferry",
	];
	await api.evaluations.importItems.mutate({ datasetId, csv: csv.join("\n") });
	await api.evaluations.createDataset.mutate({ name: "Tides" });
	const asked = { datasetId, agentIds: [agentId], promptVersionIds: versions.map(({ id }) => id), isShared: true };
	const { id: experimentId } = await api.evaluations.startExperiment.mutate(asked);
	const stateOf = async () => (await api.evaluations.getExperiment.query({ experimentId })).state;
	await expect.poll(stateOf, { timeout: 60_000 }).toBe("ended");
	const { resultId } = await api.evaluations.nextAnswer.query({ experimentId });
	await api.evaluations.rate.mutate({ experimentId, resultId: resultId ?? "", rating: 4, comment: "Short and right" });
	const scorers = [{ kind: "length" as const, key: "brief", most: 600 }];
	await api.evaluations.setScoring.mutate({ agentId, basedOn: 0, percent: 20, scorers });
	const { labels } = await api.prompts.getLabels.query({ promptId });
	const production = labels.find(({ name }) => name === "production");
	const gate = { datasetId, least: 0.8, basedOn: production?.revision ?? 0 };
	await api.prompts.setGate.mutate({ promptId, label: "production", ...gate });
	const { rows: items } = await api.evaluations.listItems.query({ datasetId, sort: "ordinal" });
	const at = `/evaluations/datasets/${datasetId}`;
	return {
		evaluations: "/evaluations",
		newDataset: "/evaluations?new=1",
		dataset: at,
		datasetItem: `${at}?open=${items[0]?.id}`,
		experiments: "/evaluations/experiments",
		experiment: `/evaluations/experiments/${experimentId}`,
		experimentNothing: `/evaluations/experiments/${experimentId}?show=failed`,
		toRate: "/evaluations/rate",
		rateAnswers: `/evaluations/rate/${experimentId}`,
		agentScoring: `/agents/${agentId}/scoring`,
	};
}
