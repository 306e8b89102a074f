import { and, eq } from "drizzle-orm";
import { promptLabels, prompts, promptVersions } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { ListPublished, PublishedPrompt, RenderedPrompt, RenderPrompt } from "../contract";
import { published } from "../contract/template";
import { composableColumns, compose, findVersion, labelled, renderComposition, variablesOf } from "./compose";
import { mayRead } from "./hold";

/** The whole text of a version, as its agents are told it. Who reads it may read all its parts, or gets none of it. */
export async function renderPrompt(ctx: ServiceContext, input: RenderPrompt): Promise<RenderedPrompt> {
	const { promptId, version, label = published, values } = input;
	const by = version === undefined ? labelled(promptId, label) : eq(promptVersions.version, version);
	const root = await findVersion(ctx.db.orm, and(eq(promptVersions.promptId, promptId), by, mayRead(ctx)));
	if (!root) throw notFound(version === undefined ? `The label ${label} of this prompt` : "This version");
	const whole = await compose(ctx.db.orm, root, { user: requireUser(ctx) });
	const text = renderComposition(whole, values);
	const parts = [...whole.parts.values()].map((part) => ({ name: part.name, version: part.version }));
	await audit(ctx, ctx.db.orm, {
		...{ action: "prompt.read", resource: "prompt", resourceId: promptId },
		detail: { version: root.version, parts: parts.length },
	});
	return { text, version: root.version, parts };
}

/** The prompts that others use: those with the label `production`, and what each leaves open. */
export async function listPublished(
	ctx: ServiceContext,
	input: ListPublished,
): Promise<{ rows: PublishedPrompt[]; next: string | null }> {
	const list = listQuery(input, { filter: { name: prompts.name }, sort: { name: prompts.name }, id: prompts.id });
	const rows = await ctx.db.orm
		.select({
			...composableColumns,
			versionId: promptVersions.id,
			id: prompts.id,
			updatedAt: prompts.updatedAt,
			key: list.key,
		})
		.from(prompts)
		.innerJoin(promptLabels, and(eq(promptLabels.promptId, prompts.id), eq(promptLabels.name, published)))
		.innerJoin(promptVersions, eq(promptVersions.id, promptLabels.versionId))
		.where(and(mayRead(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	const told = await Promise.all(
		page.rows.map(async ({ versionId, id, name, version, updatedAt, ...row }) => {
			const root = { ...row, id: versionId, promptId: id, name, version };
			// One that its reader may not put together is not theirs to use.
			const whole = await compose(ctx.db.orm, root, { user: requireUser(ctx) }).catch(() => null);
			return { id, name, version, updatedAt, variables: whole ? variablesOf(whole) : row.variables };
		}),
	);
	return { rows: told, next: page.next };
}
