import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { databaseCode } from "@/db/connection";
import { prompts, promptVersions, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { accessOf, setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import type {
	CreatePrompt,
	Label,
	ListPrompts,
	OnePrompt,
	Prompt,
	PromptHistory,
	PromptVariable,
	SavePrompt,
} from "../contract";
import { writtenVersion } from "./compose";
import { holdPrompt, mayManage, mayRead } from "./hold";

const columns = {
	id: prompts.id,
	name: prompts.name,
	latestVersion: prompts.latestVersion,
	latestVersionId: promptVersions.id,
	body: promptVersions.body,
	variables: sql<PromptVariable[]>`${promptVersions.variables}`,
	labels: sql<
		Label[]
	>`coalesce((select json_agg(json_build_object('name', l.name, 'version', v.version) order by l.name)
		from prompt_labels l join prompt_versions v on v.id = l.version_id where l.prompt_id = ${prompts.id}), '[]')`,
	access: accessOf("prompt", prompts.id),
	ownerName: users.name,
	updatedAt: prompts.updatedAt,
};
const latest = <More extends Record<string, SQL>>(ctx: ServiceContext, more: More) =>
	ctx.db.orm
		.select({ ...columns, mayManage: mayManage(ctx), ...more })
		.from(prompts)
		.innerJoin(users, eq(users.id, prompts.ownerId))
		.innerJoin(
			promptVersions,
			and(eq(promptVersions.promptId, prompts.id), eq(promptVersions.version, prompts.latestVersion)),
		);

/** One's own prompts, and those that are shared with one. */
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
		.where(and(mayRead(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

/** A prompt in full says what an agent was told: who reads it is written down. */
export async function getPrompt(ctx: ServiceContext, { promptId }: OnePrompt): Promise<PromptHistory> {
	const found = await readPrompt(ctx, { promptId });
	await audit(ctx, ctx.db.orm, { action: "prompt.read", resource: "prompt", resourceId: promptId });
	return found;
}

/** Its own row's, which every new version changes, and what the caller's rights and the authors' names add to it. */
export async function versionOfPrompt(ctx: ServiceContext, { promptId }: OnePrompt): Promise<Version> {
	const [of] = await ctx.db.orm
		.select({
			row: sql`prompts.xmin::text`,
			revision: prompts.latestVersion,
			access: columns.access,
			mayManage: mayManage(ctx),
			owner: users.name,
			labels: columns.labels,
			authors: sql`(select md5(string_agg(u.name, ',' order by v.version))
				from prompt_versions v join users u on u.id = v.created_by where v.prompt_id = prompts.id)`,
		})
		.from(prompts)
		.innerJoin(users, eq(users.id, prompts.ownerId))
		.where(and(eq(prompts.id, promptId), mayRead(ctx)));
	if (!of) throw notFound("This prompt");
	return { of, revision: of.revision };
}

async function readPrompt(ctx: ServiceContext, input: OnePrompt): Promise<PromptHistory> {
	const [prompt] = await latest(ctx, {}).where(and(eq(prompts.id, input.promptId), mayRead(ctx)));
	if (!prompt) throw notFound("This prompt");
	const versions = await ctx.db.orm
		.select({
			id: promptVersions.id,
			version: promptVersions.version,
			body: promptVersions.body,
			variables: sql<PromptVariable[]>`${promptVersions.variables}`,
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
			const { variables = [], body } = input;
			const written = await writtenVersion(ctx, tx, { promptId: row.id, name: input.name, body, variables });
			await tx
				.insert(promptVersions)
				.values({ promptId: row.id, version: 1, ...written, message: input.message, createdBy: userId });
			await setAccess(tx, "prompt", row.id, input.access);
			const detail = { access: input.access };
			const after = { name: input.name, version: 1, ...told(written) };
			await audit(ctx, tx, { action: "prompt.create", resource: "prompt", resourceId: row.id, detail, after });
			return row.id;
		})
		.catch((error: unknown) => {
			if (databaseCode(error) === "23505")
				throw new AppError("CONFLICT", `There is a prompt named ${input.name} already.`);
			throw error;
		});
	return readPrompt(ctx, { promptId });
}

/** Whoever reads the audit need not be allowed to read prompts: it says how long a text is, and not what it says. */
const told = ({ body, variables }: { body: string; variables: { name: string }[] }) => ({
	characters: body.length,
	variables: variables.map(({ name }) => name),
});

/** A new version. Earlier ones stay, as agents may use them. */
export async function savePrompt(ctx: ServiceContext, input: SavePrompt): Promise<PromptHistory> {
	const { userId } = requireUser(ctx);
	const { promptId, basedOn, body, message } = input;
	await ctx.db.transaction(async (tx) => {
		const prompt = await holdPrompt(ctx, tx, promptId);
		if (prompt.latestVersion !== basedOn)
			throw new AppError(
				"CHANGED",
				`Somebody saved version ${prompt.latestVersion} meanwhile. Look at it, then save again.`,
			);
		const [before] = await tx
			.select({ body: promptVersions.body, variables: sql<PromptVariable[]>`${promptVersions.variables}` })
			.from(promptVersions)
			.where(and(eq(promptVersions.promptId, promptId), eq(promptVersions.version, prompt.latestVersion)));
		const variables = input.variables ?? before?.variables ?? [];
		const written = await writtenVersion(ctx, tx, { promptId, name: prompt.name, body, variables });
		const version = prompt.latestVersion + 1;
		await tx.insert(promptVersions).values({ promptId, version, ...written, message, createdBy: userId });
		await tx.update(prompts).set({ latestVersion: version, updatedAt: sql`now()` }).where(eq(prompts.id, promptId));
		await audit(ctx, tx, {
			action: "prompt.save",
			resource: "prompt",
			resourceId: promptId,
			detail: { version },
			before: { version: prompt.latestVersion, ...(before ? told(before) : {}) },
			after: { version, ...told(written) },
		});
	});
	return readPrompt(ctx, { promptId });
}
