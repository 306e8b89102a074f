import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { promptLabels, prompts } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { expectUnchanged } from "@/server/core/errors";
import { holdCompositions } from "./compose";
import { type HeldPrompt, holdPrompt } from "./hold";
import { type HeldLabel, holdLabel } from "./labels";

export type HeldPlace = { prompt: HeldPrompt; label: HeldLabel | null };

/** The prompt and the label, held; the label as the caller has seen it. */
export async function holdPlace(
	ctx: ServiceContext,
	tx: Tx,
	promptId: string,
	{ label, basedOn }: { label: string; basedOn: number },
): Promise<HeldPlace> {
	await holdCompositions(tx);
	const prompt = await holdPrompt(ctx, tx, promptId);
	const found = await holdLabel(tx, promptId, label);
	expectUnchanged(`the label ${label}`, basedOn, found?.revision ?? 0);
	return { prompt, label: found };
}

/** Makes the label, or counts it up; null leaves it where it points. */
export async function pointTo(
	tx: Tx,
	{ prompt, label }: HeldPlace,
	versionId: string | null,
	name: string,
): Promise<string> {
	await tx.update(prompts).set({ updatedAt: sql`now()` }).where(eq(prompts.id, prompt.id));
	if (label) {
		await tx
			.update(promptLabels)
			.set({ revision: label.revision + 1, updatedAt: sql`now()`, ...(versionId ? { versionId } : {}) })
			.where(eq(promptLabels.id, label.id));
		return label.id;
	}
	const [made] = await tx
		.insert(promptLabels)
		.values({ promptId: prompt.id, name, versionId: versionId ?? "" })
		.returning({ id: promptLabels.id });
	if (!made) throw new Error("the label was not stored");
	return made.id;
}

export const tell = (
	ctx: ServiceContext,
	tx: Tx,
	{ prompt }: Pick<HeldPlace, "prompt">,
	action: string,
	detail: Record<string, unknown>,
	changed: { before: Record<string, unknown>; after: Record<string, unknown> } | undefined = undefined,
) => audit(ctx, tx, { action, resource: "prompt", resourceId: prompt.id, detail, ...changed });
