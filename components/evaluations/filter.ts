import { type Experiment, experimentStates } from "@/server/evaluations/contract";

type Get = (name: string) => string | null;

/** The filter of the list of experiments that an address stands for. */
export function experimentsFrom(get: Get): { filter?: { state: { eq: Experiment["state"] } } } {
	const state = experimentStates.find((one) => one === get("state"));
	return state ? { filter: { state: { eq: state } } } : {};
}

/** The same for the items of a dataset. */
export function itemsFrom(datasetId: string, get: Get) {
	const text = get("find")?.trim().slice(0, 200);
	return { datasetId, sort: "ordinal" as const, ...(text ? { filter: { input: { contains: text } } } : {}) };
}

/** The same for the answers of an experiment. */
export function cellsFrom(experimentId: string, get: Get) {
	const show = get("show");
	const filter = show === "low" ? { isLow: { eq: true } } : show === "failed" ? { isFailed: { eq: true } } : undefined;
	return { experimentId, sort: "ordinal" as const, ...(filter ? { filter } : {}) };
}
