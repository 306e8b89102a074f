import type { Tone } from "@/components/ui/badge";
import type { Action, Detector, Mode, Modes, Place } from "@/server/safety/contract";

export const detectorWords = {
	personal: "Personal data",
	secrets: "Keys and passwords",
	injection: "Injected instructions",
	moderation: "Moderation",
	pattern: "Own expressions",
} as const satisfies Record<Detector, string>;

export const placeWords = {
	input: "Question",
	retrieved: "Passages found",
	arguments: "Arguments of tools",
	results: "Results of tools",
	output: "Answer",
} as const satisfies Record<Place, string>;

export const modeWords = {
	off: "Off",
	shadow: "Count only",
	warn: "Warn",
	redact: "Cover",
	block: "Block",
} as const satisfies Record<Mode, string>;

export const actionWords = {
	shadowed: "Counted",
	warned: "Warned",
	redacted: "Covered",
	blocked: "Blocked",
} as const satisfies Record<Action, string>;
export const actionTones = {
	shadowed: "neutral",
	warned: "amber",
	redacted: "accent",
	blocked: "red",
} as const satisfies Record<Action, Tone>;

/** `Answer: cover · Question: warn`, or that it looks nowhere. */
export function modesInWords(modes: Modes): string {
	const parts = (Object.keys(placeWords) as Place[])
		.filter((place) => modes[place] !== "off")
		.map((place) => `${placeWords[place]}: ${modeWords[modes[place]].toLowerCase()}`);
	return parts.length > 0 ? parts.join(" · ") : "Off everywhere";
}
