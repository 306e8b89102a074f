import { and, eq } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { promptVersions } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField, notFound } from "@/server/core/errors";
import { unfilled } from "../contract/filled";
import { fits, type VariableValues, wantedOf } from "../contract/variables";
import { compose, findVersion, labelled, variablesOf } from "./compose";
import { mayRead } from "./hold";
import type { PromptOf } from "./pick";

type GivenPrompt = ({ promptVersionId: string } | { promptLabel: { promptId: string; label: string } }) & {
	promptValues: VariableValues;
	/** Values that it has no use for are left out, as in a run. */
	mayLeaveOut?: boolean;
};

/** Throws where the caller could not read it with all its parts, or where its values don't fit what it leaves open. */
export async function expectGivablePrompt(ctx: ServiceContext, tx: Reader, given: GivenPrompt): Promise<void> {
	const isVersion = "promptVersionId" in given;
	const by = isVersion
		? eq(promptVersions.id, given.promptVersionId)
		: and(
				eq(promptVersions.promptId, given.promptLabel.promptId),
				labelled(given.promptLabel.promptId, given.promptLabel.label),
			);
	const root = await findVersion(tx, and(by, mayRead(ctx)));
	if (!root) throw notFound(isVersion ? "This prompt version" : "This label of a prompt");
	const variables = variablesOf(await compose(tx, root, { user: requireUser(ctx) }));
	for (const [name, value] of given.mayLeaveOut ? [] : Object.entries(given.promptValues)) {
		const variable = variables.find((one) => one.name === name);
		if (!variable) throw invalidField(`promptValues.${name}`, `This prompt has no variable ${name}.`);
		if (!fits(variable, value)) throw invalidField(`promptValues.${name}`, `${name} takes ${wantedOf(variable)}.`);
	}
	const open = unfilled(variables, given.promptValues);
	if (open.length > 0)
		throw new AppError(
			"CONFLICT",
			`This prompt leaves ${open.join(", ")} open: give ${open.length === 1 ? "it a value" : "them values"} here, or a default there.`,
		);
}

/** Whether a run could begin with it, whoever publishes it: a label may have moved since its values were given. */
export async function expectFilledPrompt(tx: Reader, of: PromptOf): Promise<void> {
	const { promptVersionId, promptLabel, promptValues } = of;
	if (promptVersionId === null && !promptLabel) return;
	const by = promptLabel
		? and(eq(promptVersions.promptId, promptLabel.promptId), labelled(promptLabel.promptId, promptLabel.label))
		: eq(promptVersions.id, promptVersionId ?? "");
	const root = await findVersion(tx, by);
	if (root && unfilled(variablesOf(await compose(tx, root)), promptValues).length === 0) return;
	throw new AppError(
		"CONFLICT",
		"Its prompt leaves something open that its values don't fill, or is gone: look at both before you publish it.",
	);
}
