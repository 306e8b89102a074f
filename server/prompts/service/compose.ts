import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Reader, Tx } from "@/db/connection";
import { type PromptInclude, promptLabels, prompts, promptVersions } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, invalidField } from "@/server/core/errors";
import type { PromptVariable } from "../contract";
import {
	deepest,
	parseTemplate,
	type Reference,
	type RenderedFrom,
	renderTemplate,
	TemplateFault,
	variablesIn,
} from "../contract/template";
import { readValues, type VariableValues } from "../contract/variables";
import { readableBy } from "./hold";

/** A version as it is put together. */
export type Composable = {
	id: string;
	promptId: string;
	name: string;
	version: number;
	body: string;
	variables: PromptVariable[];
	includes: PromptInclude[];
};
/** A version with all that stands within it, each part by `prompt@label` or `prompt@version`. */
export type Composition = { root: Composable; parts: Map<string, Composable> };

export const composableColumns = {
	id: promptVersions.id,
	promptId: promptVersions.promptId,
	name: prompts.name,
	version: promptVersions.version,
	body: promptVersions.body,
	variables: sql<PromptVariable[]>`${promptVersions.variables}`,
	includes: promptVersions.includes,
};
type Include = Pick<PromptInclude, "promptId" | "label" | "version">;
export const partKey = ({ promptId, label, version }: Include): string => `${promptId}@${label ?? version}`;

/** One version, found by what its prompt and the caller's rights say. */
export async function findVersion(db: Reader, where: SQL | undefined): Promise<Composable | null> {
	const [found] = await db
		.select(composableColumns)
		.from(promptVersions)
		.innerJoin(prompts, eq(prompts.id, promptVersions.promptId))
		.where(where)
		.limit(1);
	return found ?? null;
}

/** The version that a label points to. */
export const labelled = (promptId: string, label: string): SQL =>
	inArray(
		promptVersions.id,
		sql`(select ${promptLabels.versionId} from ${promptLabels}
			where ${and(eq(promptLabels.promptId, promptId), eq(promptLabels.name, label))})`,
	);

const inChain = (chain: readonly Composable[], next: string) =>
	invalidField("body", `A prompt can't stand within itself: ${[...chain.map(({ name }) => name), next].join(" → ")}.`);

/**
 * All that a version is put together of, as it is now. With `user`, each part has to be theirs to read: one that is not looks
 * like one that is not there. `instead` stands for a label that is about to be moved.
 */
export async function compose(
	db: Reader,
	root: Composable,
	{ user, instead }: { user?: UserActor; instead?: { promptId: string; label: string; version: Composable } } = {},
): Promise<Composition> {
	const parts = new Map<string, Composable>();
	/** Of what was looked through: the prompts in it, and how deep they stand. */
	const known = new Map<string, { prompts: Set<string>; depth: number }>();
	const find = async (include: PromptInclude): Promise<Composable> => {
		const { promptId, label, version, name } = include;
		if (instead && label === instead.label && promptId === instead.promptId) return instead.version;
		const found = await findVersion(
			db,
			and(
				label === null
					? and(eq(promptVersions.promptId, promptId), eq(promptVersions.version, version ?? 0))
					: labelled(promptId, label),
				user && readableBy(user),
			),
		);
		if (found) return found;
		const what = label === null ? `version ${version}` : `label ${label}`;
		throw new AppError(
			"CONFLICT",
			`There is no ${what} of a prompt ${name} that you may read: it stands within ${root.name}.`,
		);
	};
	const walk = async (of: Composable, chain: readonly Composable[]) => {
		const within = { prompts: new Set([of.promptId]), depth: 0 };
		for (const include of of.includes) {
			const key = partKey(include);
			if (chain.some(({ promptId }) => promptId === include.promptId)) throw inChain(chain, include.name);
			const part = parts.get(key) ?? (await find(include));
			parts.set(key, part);
			const below = known.get(key) ?? (await walk(part, [...chain, part]));
			known.set(key, below);
			if (chain.some(({ promptId }) => below.prompts.has(promptId))) throw inChain(chain, include.name);
			for (const one of below.prompts) within.prompts.add(one);
			within.depth = Math.max(within.depth, below.depth + 1);
			if (chain.length + below.depth > deepest)
				throw invalidField("body", `Prompts stand at most ${deepest} deep within each other.`);
		}
		return within;
	};
	await walk(root, [root]);
	return { root, parts };
}

/** What it leaves open, with what its parts leave open: of the same name, the outermost says what it takes. */
export function variablesOf({ root, parts }: Composition): PromptVariable[] {
	const all = new Map<string, PromptVariable>();
	for (const { variables } of [root, ...parts.values()])
		for (const variable of variables) if (!all.has(variable.name)) all.set(variable.name, variable);
	return [...all.values()];
}

/** The whole text. Throws INVALID_INPUT with the names of what is missing or unknown, as a form's fields. */
export function renderComposition(of: Composition, values: VariableValues): string {
	const { texts, problems } = readValues(variablesOf(of), values);
	const [first] = problems;
	if (first) throw invalidField(`values.${first.name}`, problems.map(({ message }) => message).join(" "));
	const from = (one: Composable): RenderedFrom => ({
		body: one.body,
		partOf: (reference) => from(partFor(of, one, reference)),
	});
	return asOurs("body", () => renderTemplate(of.root.body, { values: texts, partOf: from(of.root).partOf }));
}

function partFor({ parts }: Composition, { includes }: Composable, { name, label, version }: Reference): Composable {
	const include = includes.find((one) => one.name === name && one.label === label && one.version === version);
	const part = include && parts.get(partKey(include));
	if (!part) throw new TemplateFault(`The prompt ${name} is missing from it.`);
	return part;
}

function asOurs<Value>(field: string, work: () => Value): Value {
	try {
		return work();
	} catch (error) {
		if (error instanceof TemplateFault) throw invalidField(field, error.message);
		throw error;
	}
}

/** Whoever writes what others are put together of waits for each other: two changes that each are right can make a circle. */
export const holdCompositions = (tx: Tx) =>
	tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('prompts', 2))`);

/** A text as it is stored: read, each variable declared, each part found and the caller's to read, nothing within itself. */
export async function writtenVersion(
	ctx: ServiceContext,
	tx: Tx,
	draft: Pick<Composable, "promptId" | "name" | "body" | "variables">,
): Promise<Pick<Composable, "body" | "variables" | "includes">> {
	const { body, variables } = draft;
	const { root } = await composedDraft(ctx, tx, draft);
	return { body, variables, includes: root.includes };
}

/** The same as a composition, of a text that is not stored. */
export async function composedDraft(
	ctx: ServiceContext,
	tx: Reader,
	draft: Pick<Composable, "promptId" | "name" | "body" | "variables">,
): Promise<Composition> {
	const user = requireUser(ctx);
	const pieces = asOurs("body", () => parseTemplate(draft.body));
	const references = pieces.filter((piece) => piece.kind === "prompt");
	const includes = await findIncludes(tx, user, references);
	const root = { ...draft, id: "", version: 0, includes };
	const composition = await compose(tx, root, { user });
	const declared = new Set(draft.variables.map(({ name }) => name));
	const unknown = variablesIn(pieces).filter((name) => !declared.has(name));
	if (unknown.length > 0)
		throw invalidField(
			"body",
			`${unknown.map((name) => `{{${name}}}`).join(", ")}: say what ${unknown.length === 1 ? "this variable takes" : "these variables take"}, or write “\\{{” for the braces themselves.`,
		);
	return composition;
}

async function findIncludes(tx: Reader, user: UserActor, references: readonly Reference[]): Promise<PromptInclude[]> {
	if (references.length === 0) return [];
	const names = [...new Set(references.map(({ name }) => name))];
	if (names.length > 30) throw invalidField("body", "A text has at most 30 other prompts within it.");
	const rows = await tx
		.select({ id: prompts.id, name: prompts.name })
		.from(prompts)
		.where(and(inArray(prompts.name, names), readableBy(user)));
	const ids = new Map(rows.map(({ id, name }) => [name, id]));
	const missing = names.filter((name) => !ids.has(name));
	if (missing.length > 0) throw invalidField("body", `There is no prompt ${missing.join(", ")} that you may read.`);
	const all = references.map(({ name, label, version }) => ({ name, promptId: ids.get(name) ?? "", label, version }));
	return [...new Map(all.map((one) => [partKey(one), one])).values()];
}
