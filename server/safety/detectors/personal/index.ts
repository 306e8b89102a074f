import { kindsOnRequest, type PersonalKind, personalKinds } from "../../contract/kinds";
import type { Settings } from "../../contract/settings";
import { type Detect, type Find, untangled } from "../find";
import { findAddresses } from "./address";
import { contact } from "./contact";
import { american } from "./ids-america";
import { asian } from "./ids-asia";
import { european } from "./ids-europe";
import { findIbans, money } from "./money";
import { people } from "./people";
import { findBy } from "./recogniser";

/** Of two that take the same letters for theirs, the earlier one has them: a checksum says more than a form. */
const recognisers = [...money, ...american, ...european, ...asian, ...people, ...contact];

/** Personal data of the wanted kinds; of none named, of every kind but those that say little by themselves. */
export function personalDetector({ kinds, strength }: Pick<Settings, "kinds" | "strength">): Detect {
	const wanted: ReadonlySet<PersonalKind> = new Set(
		kinds.length > 0 ? kinds : personalKinds.filter((kind) => !kindsOnRequest.has(kind)),
	);
	const isStrict = strength === "sure";
	const mine = recognisers.filter(({ kind }) => wanted.has(kind));
	return (text) => {
		const finds: Find[] = mine.flatMap((recogniser) => findBy(recogniser, text, isStrict));
		if (wanted.has("iban")) finds.push(...findIbans(text));
		if (wanted.has("address")) finds.push(...findAddresses(text, isStrict));
		return untangled(finds);
	};
}
