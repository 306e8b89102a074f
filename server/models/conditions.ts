import type { KnownRoute, RouteStep } from "./catalogue";
import { awayBecause, type FailureReason } from "./contract/reasons";
import { estimateAsked, ModelFailure, maxAnswerTokens } from "./model";
import { worstCost } from "./prices";
import type { Asked } from "./provider";

/** What a call asks of a model. */
export type Needs = { inputTokens: number; hasImages: boolean; hasTools: boolean };

export const needsOf = ({ messages, tools }: Asked): Needs => ({
	inputTokens: estimateAsked(messages, tools),
	hasImages: messages.some((one) => one.role === "user" && (one.images?.length ?? 0) > 0),
	hasTools: tools.length > 0,
});

/** Less says nothing about a model. */
const leastCalls = 4;

/** Why a model of a route is not asked this; null where it is. */
export function unfitFor(step: RouteStep, route: KnownRoute, needs: Needs): ModelFailure | null {
	const reason = unfitReason(step, route, needs);
	return reason && new ModelFailure(`It was not asked: ${awayBecause({ reason, status: null })}.`, { reason });
}

function unfitReason(
	{ model, conditions }: RouteStep,
	{ regions }: KnownRoute,
	{ inputTokens, hasImages, hasTools }: Needs,
): FailureReason | null {
	const { modality, leastTokens, mostMicros, mostFailurePercent } = conditions;
	if (!model.isEnabled || !model.connection.isEnabled) return "off";
	if (regions.length > 0 && !regions.includes(model.dataRegion)) return "region";
	if (hasImages && model.modalities && !model.modalities.includes("image")) return "modality";
	if (modality && (modality === "image") !== hasImages) return "modality";
	if (hasTools && model.capabilities && !model.capabilities.includes("tools")) return "tools";
	if (model.contextTokens !== null && inputTokens + maxAnswerTokens > model.contextTokens) return "context";
	if (leastTokens !== undefined && inputTokens < leastTokens) return "context";
	if (mostMicros !== undefined) {
		const worst = worstCost(model.price, inputTokens);
		// Without a price nobody can say that it is cheap enough.
		if (worst === null || worst > mostMicros) return "price";
	}
	const share = model.calls >= leastCalls ? (100 * model.failures) / model.calls : 0;
	return mostFailurePercent !== undefined && share > mostFailurePercent ? "health" : null;
}
