import type { Detector, Settings } from "../contract/settings";
import type { Detect } from "./find";
import { findInjection } from "./injection";
import { patternDetector } from "./patterns";
import { personalDetector } from "./personal";
import { findSecrets } from "./secrets";
import { wordDetector } from "./words";

export { countKinds, type Detect, type Find, untangled } from "./find";

/** What looks through a text by these settings. Throws where an expression is none. */
export function detectorOf(detector: Detector, settings: Settings): Detect {
	switch (detector) {
		case "personal":
			return personalDetector(settings);
		case "secrets":
			return findSecrets;
		case "injection":
			return findInjection;
		case "moderation":
			return wordDetector(settings.words);
		case "pattern":
			return patternDetector(settings.patterns);
	}
}
