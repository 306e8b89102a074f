import { createHmac } from "node:crypto";
import { secret } from "@/server/core/secrets";
import { kindWord } from "../contract";

/** What was covered, and by what. */
export type Mark = { mark: string; kind: string; original: string };

const letters = "bcdfghjkmnpqrtvw";

/**
 * What stands in place of something that was found. In one run the same thing has the same mark, whoever works it out, so that
 * a model can tell persons apart; in another run it has another. It holds no figure, and nothing in it is found anew.
 */
export function markOf(runId: string, kind: string, original: string): Mark {
	const digest = createHmac("sha256", secret("marks"))
		.update(JSON.stringify([runId, kind, original]))
		.digest();
	const code = [...digest.subarray(0, 4)].map((byte) => `${letters[byte >> 4]}${letters[byte & 15]}`).join("");
	const word = kindWord(kind).replace(/[[\]\d]/g, "");
	return { mark: `[${word} ${code}]`, kind, original };
}
