import { estimateTokens } from "@/server/models/model";
import type { Passage } from "../../contract";

/** As many of the best as fit, in their order; the first in any case, so that a small budget is no empty answer. */
export function withinBudget(passages: Passage[], mostTokens?: number): Passage[] {
	if (mostTokens === undefined) return passages;
	let left = mostTokens;
	return passages.filter((passage, place) => {
		const tokens = estimateTokens(passage.heading + passage.before + passage.text + passage.after);
		if (place > 0 && tokens > left) return false;
		left -= tokens;
		return true;
	});
}
