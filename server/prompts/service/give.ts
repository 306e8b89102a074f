import { and, eq } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { promptVersions } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { openVariables } from "../contract/variables";
import { compose, findVersion, labelled, variablesOf } from "./compose";
import { mayRead } from "./hold";

type GivenPrompt = { promptVersionId: string } | { promptLabel: { promptId: string; label: string } };

/** Throws where the caller could not read it with all its parts, or where it leaves open what nobody will fill. */
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
	const open = openVariables(variablesOf(await compose(tx, root, { user: requireUser(ctx) })));
	if (open.length > 0)
		throw new AppError(
			"CONFLICT",
			`This prompt leaves ${open.join(", ")} open, and nobody fills that for an agent: give ${open.length === 1 ? "it a default" : "them defaults"}.`,
		);
}
