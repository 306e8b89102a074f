import { RE2JS } from "re2js";
import type { OwnPattern } from "../contract/settings";
import { type Detect, type Find, untangled } from "./find";

/** More finds than these say nothing new. */
const mostFinds = 1_000;

/** Why an expression is none, in RE2's own words; null where it is one. */
export function whyNoPattern(expression: string): string | null {
	try {
		if (RE2JS.compile(expression).matcher("").matches()) return "It also fits where there is nothing.";
		return null;
	} catch (error) {
		return error instanceof Error ? error.message.slice(0, 200) : "It is no expression.";
	}
}

/** Own expressions, in time that grows with the text and no faster, whatever they are. */
export function patternDetector(patterns: readonly OwnPattern[]): Detect {
	const compiled = patterns.map(({ name, expression }) => ({ name, pattern: RE2JS.compile(expression) }));
	return (text) => {
		const finds: Find[] = [];
		for (const { name, pattern } of compiled) {
			const matcher = pattern.matcher(text);
			while (finds.length < mostFinds && matcher.find()) {
				const [start, end] = [matcher.start(), matcher.end()];
				if (end > start) finds.push({ kind: name, start, end });
			}
		}
		return untangled(finds);
	};
}
