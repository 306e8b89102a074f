import type { RunResult } from "@/server/runs/contract";
import { abstention } from "./prompt";
import type { AssistantContext } from "./state";

type Final = { answer: string; result: RunResult };

const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Below what its agent asks for, there is no answer: what was found is not said, and why is. */
export function sureEnough(final: Final, { leastConfidence }: Pick<AssistantContext, "leastConfidence">): Final {
	const { result } = final;
	if (leastConfidence === null || result.abstained || result.calls) return final;
	const { score, reasons } = result.confidence;
	if (score >= leastConfidence) return final;
	const why = `The confidence in an answer was ${percent(score)}; this agent answers from ${percent(leastConfidence)} on.`;
	return {
		answer: `${abstention} surely enough. ${why} Ask for one thing at a time, or look at the documents yourself.`,
		result: {
			...result,
			...{ citations: [], unsupported: [], abstained: true },
			confidence: { level: "none", score, reasons: [why, ...reasons] },
		},
	};
}
