import { type Extraction, type ExtractionResult, extractionStates, resultStates } from "@/server/extractions/contract";

type Get = (name: string) => string | null;

/** The filter of the list of extractions that an address stands for. */
export function filterFrom(get: Get): { filter?: { state: { eq: Extraction["state"] } } } {
	const state = extractionStates.find((one) => one === get("state"));
	return state ? { filter: { state: { eq: state } } } : {};
}

type Asked = {
	extractionId: string;
	sort: "ordinal";
	filter?: { state?: { eq: ExtractionResult["state"] }; isLow?: { eq: boolean } };
};

/** The same for the results of one. */
export function resultsFrom(extractionId: string, get: Get): Asked {
	const state = resultStates.find((one) => one === get("state"));
	const isLow = get("state") === "low";
	const filter = state ? { state: { eq: state } } : isLow ? { isLow: { eq: true } } : undefined;
	return { extractionId, sort: "ordinal", ...(filter ? { filter } : {}) };
}
