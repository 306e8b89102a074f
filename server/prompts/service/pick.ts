import { createHash } from "node:crypto";
import { and, eq, isNull } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { promptLabels, promptSplits, promptVersions } from "@/db/schema";
import { AppError } from "@/server/core/errors";
import { type BuiltIns, builtInValues, filledFor, someBuiltIns } from "../contract/filled";
import type { VariableValues } from "../contract/variables";
import { type Composable, type Composition, compose, findVersion, renderComposition, variablesOf } from "./compose";

/** What an agent answers by: a version, or a label that is followed. */
export type PromptOf = {
	promptVersionId: string | null;
	promptLabel: { promptId: string; label: string } | null;
	/** What stands for its variables. */
	promptValues: VariableValues;
};
/** Exactly which versions a run has, for as long as it lasts. */
type PickedPrompt = {
	promptVersionId: string | null;
	promptParts: Record<string, string> | null;
	promptSplitId: string | null;
	promptArm: "first" | "second" | null;
};
const none: PickedPrompt = { promptVersionId: null, promptParts: null, promptSplitId: null, promptArm: null };

/** The same side for the same person, for as long as the split lasts. */
export function armOf(splitId: string, userId: string, percent: number): "first" | "second" {
	const place = createHash("sha256").update(`${splitId}:${userId}`).digest().readUInt32BE(0) / 2 ** 32;
	return place < percent / 100 ? "second" : "first";
}

/** What a run of this person's is told, chosen as it starts. Whoever gave the agent its prompt could read it, and all its parts. */
export async function pickPrompt(db: Reader, of: PromptOf, userId: string): Promise<PickedPrompt> {
	if (of.promptLabel) return pickByLabel(db, { ...of.promptLabel, values: of.promptValues }, userId);
	if (of.promptVersionId === null) return none;
	const root = await findVersion(db, eq(promptVersions.id, of.promptVersionId));
	return { ...none, promptVersionId: of.promptVersionId, ...(root ? await partsOf(db, root, of.promptValues) : {}) };
}

async function pickByLabel(
	db: Reader,
	{ promptId, label, values }: { promptId: string; label: string; values: VariableValues },
	userId: string,
): Promise<PickedPrompt> {
	const [found] = await db
		.select({
			versionId: promptLabels.versionId,
			splitId: promptSplits.id,
			percent: promptSplits.percent,
			secondVersionId: promptSplits.secondVersionId,
		})
		.from(promptLabels)
		.leftJoin(promptSplits, and(eq(promptSplits.labelId, promptLabels.id), isNull(promptSplits.endedAt)))
		.where(and(eq(promptLabels.promptId, promptId), eq(promptLabels.name, label)));
	if (!found) throw gone(label);
	const { splitId, percent, secondVersionId } = found;
	const arm = splitId && percent !== null ? armOf(splitId, userId, percent) : null;
	const promptVersionId = arm === "second" && secondVersionId ? secondVersionId : found.versionId;
	const root = await findVersion(db, eq(promptVersions.id, promptVersionId));
	if (!root) throw gone(label);
	return { promptVersionId, ...(await partsOf(db, root, values)), promptSplitId: splitId, promptArm: arm };
}

const gone = (label: string) =>
	new AppError(
		"CONFLICT",
		`This agent follows the label ${label} of a prompt, which is gone: whoever manages it has to give it another one.`,
	);

/** Throws where it can't be put together: a run does not begin with half of what it is told. Names nothing that its person may not read. */
async function partsOf(
	db: Reader,
	root: Composable,
	values: VariableValues,
): Promise<Pick<PickedPrompt, "promptParts">> {
	if (root.includes.length === 0 && root.variables.length === 0) return { promptParts: null };
	try {
		const whole = await compose(db, root);
		renderComposition(whole, filledFor(variablesOf(whole), values, someBuiltIns));
		return { promptParts: Object.fromEntries([...whole.parts].map(([key, { id }]) => [key, id])) };
	} catch (error) {
		if (!(error instanceof AppError)) throw error;
		throw new AppError(
			"CONFLICT",
			"What this agent is told can't be put together: whoever manages it finds out why on the page of its prompt.",
			{ cause: error },
		);
	}
}

/** What a run is told, of exactly the versions that it was started with. `parts` are in no order. */
export function instructionsOf(
	root: Composable,
	parts: readonly Composable[],
	picked: Record<string, string> | null,
	filled: { values: VariableValues; known: BuiltIns },
): string {
	const byId = new Map(parts.map((part) => [part.id, part]));
	const found = Object.entries(picked ?? {}).flatMap(([key, id]): [string, Composable][] => {
		const part = byId.get(id);
		return part ? [[key, part]] : [];
	});
	const whole: Composition = { root, parts: new Map(found) };
	return renderComposition(whole, filledFor(variablesOf(whole), filled.values, builtInValues(filled.known)));
}
