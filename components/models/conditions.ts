import { figure } from "@/components/ui/figures";
import type { StepConditions } from "@/server/models/contract";
import { money } from "./money";

/** When a model of a route is asked, in words. */
export function conditionWords(
	{ modality, leastTokens, mostMicros, mostFailurePercent }: StepConditions,
	currency: string | null,
): string {
	const words = [
		modality === "image" ? "only for pictures" : modality === "text" ? "not for pictures" : "",
		leastTokens === undefined ? "" : `from ${figure(leastTokens)} tokens on`,
		mostMicros === undefined ? "" : `up to ${money(mostMicros, currency)} an answer`,
		mostFailurePercent === undefined ? "" : `not while more than ${mostFailurePercent} % of its calls fail`,
	].filter(Boolean);
	return words.length > 0 ? words.join(", ") : "always";
}
