import type { languages, ScorerKind } from "@/server/evaluations/contract";

/** What scorers are called, and what each measures. */
export const scorerWords = {
	exact: { name: "Exactly", says: "The answer is what is expected, but for case and blanks." },
	contains: { name: "Contains", says: "What is expected stands in the answer, but for case and blanks." },
	citations: {
		name: "Citations",
		says: "How much of the answer its sources support; its quotes stand there word for word.",
	},
	json: { name: "JSON, field by field", says: "The share of the expected JSON's fields that the answer has alike." },
	judge: {
		name: "A model judges",
		says: "A model's verdict by your rubric, 1 to 5. It costs tokens of whoever starts the experiment.",
	},
	length: { name: "Length", says: "The answer has so many characters." },
	mentions: { name: "Mentions", says: "The share of these words that the answer has." },
	avoids: { name: "Avoids", says: "The answer has none of these words." },
	language: { name: "Language", says: "The answer is in this language." },
	latency: { name: "Latency", says: "The run took no longer." },
	cost: { name: "Cost", says: "The run cost no more, in the currency of its prices." },
} as const satisfies Record<ScorerKind, { name: string; says: string }>;

export const languageWords = {
	en: "English",
	de: "German",
	fr: "French",
	es: "Spanish",
	it: "Italian",
	nl: "Dutch",
} as const satisfies Record<(typeof languages)[number], string>;
