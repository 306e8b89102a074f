/** Millionths of a currency as people read them: as exactly as a small sum needs. */
export function money(micros: number, currency: string | null): string {
	const value = micros / 1_000_000;
	const digits = value !== 0 && Math.abs(value) < 0.01 ? 6 : Math.abs(value) < 1 ? 4 : 2;
	const text = value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: digits });
	return currency ? `${text} ${currency}` : text;
}

export const kindWords = { openai: "OpenAI-compatible", anthropic: "Anthropic" } as const;
export const modalityWords = { text: "text", image: "pictures" } as const;
export const capabilityWords = { tools: "tools", json: "JSON", logprobs: "likelihoods" } as const;

type Sum = { micros: number; currency: string | null };
type Cost = Sum & { isEstimated: boolean; others?: Sum[] | undefined };
/** Each currency by itself: what they come to together nobody knows. */
export const costOf = ({ isEstimated, others = [], ...first }: Cost): string =>
	`${[first, ...others].map(({ micros, currency }) => money(micros, currency)).join(" + ")}${isEstimated ? " (estimated)" : ""}`;
