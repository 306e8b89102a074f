import { actions, type ListVerdicts, places } from "@/server/safety/contract";

const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The list that an address stands for. */
export function filterFrom(get: (name: string) => string | null): Pick<ListVerdicts, "filter"> {
	const place = places.find((one) => one === get("place"));
	const action = actions.find((one) => one === get("action"));
	const [policy = "", run = ""] = [get("policy"), get("run")].map((id) => (id && isId.test(id) ? id : ""));
	if (!place && !action && !policy && !run) return {};
	return {
		filter: {
			...(place ? { place: { eq: place } } : {}),
			...(action ? { action: { eq: action } } : {}),
			...(policy ? { policyId: { eq: policy } } : {}),
			...(run ? { runId: { eq: run } } : {}),
		},
	};
}
