import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { prompts, promptVersions, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import type { CreatePrompt, ListPrompts, OnePrompt, Prompt, PromptHistory, SavePrompt } from "./contract";

const columns = {
	id: prompts.id,
	name: prompts.name,
	latestVersion: prompts.latestVersion,
	latestVersionId: promptVersions.id,
	body: promptVersions.body,
	updatedAt: prompts.updatedAt,
};

const latest = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, ...more })
		.from(prompts)
		.innerJoin(
			promptVersions,
			and(eq(promptVersions.promptId, prompts.id), eq(promptVersions.version, prompts.latestVersion)),
		);

/** Prompts belong to the organisation: whoever holds prompts:read sees each. */
export async function listPrompts(
	ctx: ServiceContext,
	input: ListPrompts,
): Promise<{ rows: Prompt[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { name: prompts.name, updatedAt: prompts.updatedAt },
		sort: { updatedAt: prompts.updatedAt, name: prompts.name },
		id: prompts.id,
	});
	const rows = await latest(ctx, { key: list.key })
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getPrompt(ctx: ServiceContext, input: OnePrompt): Promise<PromptHistory> {
	const [prompt] = await latest(ctx, {}).where(eq(prompts.id, input.promptId));
	if (!prompt) throw notFound("This prompt");
	const versions = await ctx.db.orm
		.select({
			id: promptVersions.id,
			version: promptVersions.version,
			body: promptVersions.body,
			message: promptVersions.message,
			authorName: users.name,
			createdAt: promptVersions.createdAt,
		})
		.from(promptVersions)
		.innerJoin(users, eq(users.id, promptVersions.createdBy))
		.where(eq(promptVersions.promptId, input.promptId))
		.orderBy(desc(promptVersions.version))
		.limit(200);
	return { prompt, versions };
}

export async function createPrompt(ctx: ServiceContext, input: CreatePrompt): Promise<PromptHistory> {
	const { userId } = requireUser(ctx);
	const promptId = await ctx.db
		.transaction(async (tx) => {
			const [row] = await tx
				.insert(prompts)
				.values({ name: input.name, ownerId: userId })
				.returning({ id: prompts.id });
			if (!row) throw new Error("the prompt was not stored");
			await tx
				.insert(promptVersions)
				.values({ promptId: row.id, version: 1, body: input.body, message: input.message, createdBy: userId });
			await audit(ctx, tx, { action: "prompt.create", resource: "prompt", resourceId: row.id });
			return row.id;
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505")
				throw new AppError("CONFLICT", `There is a prompt named ${input.name} already.`);
			throw error;
		});
	return getPrompt(ctx, { promptId });
}

/** A new version. Earlier ones stay, as agents may use them. */
export async function savePrompt(ctx: ServiceContext, input: SavePrompt): Promise<PromptHistory> {
	const { userId } = requireUser(ctx);
	await ctx.db.transaction(async (tx) => {
		const [prompt] = await tx
			.select({ latestVersion: prompts.latestVersion })
			.from(prompts)
			.where(eq(prompts.id, input.promptId))
			.for("update");
		if (!prompt) throw notFound("This prompt");
		if (prompt.latestVersion !== input.basedOn)
			throw new AppError(
				"CONFLICT",
				`Somebody saved version ${prompt.latestVersion} meanwhile. Look at it, then save again.`,
			);
		const version = prompt.latestVersion + 1;
		await tx
			.insert(promptVersions)
			.values({ promptId: input.promptId, version, body: input.body, message: input.message, createdBy: userId });
		await tx
			.update(prompts)
			.set({ latestVersion: version, updatedAt: sql`now()` })
			.where(eq(prompts.id, input.promptId));
		await audit(ctx, tx, {
			action: "prompt.save",
			resource: "prompt",
			resourceId: input.promptId,
			detail: { version },
		});
	});
	return getPrompt(ctx, { promptId: input.promptId });
}
