import { z } from "zod";
import { personalKinds } from "./kinds";

export const detectors = ["personal", "secrets", "injection", "moderation", "pattern"] as const;
export const Detector = z
	.enum(detectors)
	.describe(
		"What it looks for: `personal` data, `secrets` such as keys and passwords, `injection` of instructions, `moderation` by words or a model, or own expressions of a `pattern`.",
	);
export type Detector = z.infer<typeof Detector>;

export const places = ["input", "retrieved", "arguments", "results", "output"] as const;
export const Place = z
	.enum(places)
	.describe(
		"Where it looks: the question (`input`), passages that were found (`retrieved`), `arguments` and `results` of tools, and the answer (`output`).",
	);
export type Place = z.infer<typeof Place>;

export const modes = ["off", "shadow", "warn", "redact", "block"] as const;
export const Mode = z
	.enum(modes)
	.describe(
		"What comes of a find: nothing is looked for (`off`), it is counted only (`shadow`), said with the answer (`warn`), covered by a mark (`redact`), or let no further (`block`).",
	);
export type Mode = z.infer<typeof Mode>;
export const Modes = z
	.strictObject({ input: Mode, retrieved: Mode, arguments: Mode, results: Mode, output: Mode })
	.describe("What comes of a find, for each place.");
export type Modes = z.infer<typeof Modes>;
export const allOff: Modes = { input: "off", retrieved: "off", arguments: "off", results: "off", output: "off" };

/** What covers itself by a mark: the others have no place in the text. */
export const mayRedact = (detector: Detector): boolean => detector !== "injection";

export const strengths = ["sure", "all"] as const;
const line = (max: number) =>
	z
		.string()
		.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
		.min(1)
		.max(max);

export const OwnPattern = z.strictObject({
	name: line(60).describe("What it is called where it is found."),
	expression: z.string().min(1).max(1_000).describe("A regular expression in the syntax of RE2."),
});
export type OwnPattern = z.infer<typeof OwnPattern>;

export const Settings = z
	.strictObject({
		kinds: z
			.array(z.enum(personalKinds))
			.max(personalKinds.length)
			.default([])
			.describe("Of personal data: only these kinds; none: every kind."),
		strength: z
			.enum(strengths)
			.default("sure")
			.describe(
				"`sure`: a checksum, a clear form or a word beside it has to speak for it. `all`: what looks like it is enough.",
			),
		words: z
			.array(line(100))
			.max(500)
			.default([])
			.describe("Of moderation: words and phrases, found as whole words in any case."),
		patterns: z.array(OwnPattern).max(50).default([]).describe("Own expressions, for a `pattern`."),
		model: z
			.string()
			.min(1)
			.max(200)
			.nullable()
			.default(null)
			.describe("Of injection and moderation: the route of a model that judges too; null: none."),
		question: z
			.string()
			.overwrite((text) => text.replaceAll("\0", "").toWellFormed().trim())
			.max(1_000)
			.default("")
			.describe(
				"Of moderation: what that model is to find in a text; empty: what is hateful, cruel, sexual or dangerous.",
			),
	})
	.describe("What its detector goes by; each detector reads its own part.");
export type Settings = z.infer<typeof Settings>;
export const noSettings: Settings = Settings.parse({});
