import type { Price } from "./catalogue";
import { maxAnswerTokens, type Usage } from "./model";

/** What it cost, in millionths of the price's currency, rounded up; null where there is no price. */
export function costOf(price: Price | null, { inputTokens, outputTokens, cachedTokens = 0 }: Usage): number | null {
	if (!price) return null;
	const { inputMicros, outputMicros, cachedMicros } = price;
	const cached = cachedMicros === null ? 0 : cachedTokens;
	const total = (inputTokens - cached) * inputMicros + cached * (cachedMicros ?? 0) + outputTokens * outputMicros;
	return Math.ceil(total / 1_000_000);
}

/** What asking it can cost at most. */
export const worstCost = (price: Price | null, inputTokens: number): number | null =>
	costOf(price, { inputTokens, outputTokens: maxAnswerTokens });
