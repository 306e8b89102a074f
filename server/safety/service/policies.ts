import { and, desc, eq, type SQL, sql } from "drizzle-orm";
import { databaseCode, type Reader, type Tx } from "@/db/connection";
import { agents, safetyPolicies, safetyPolicyVersions, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, expectUnchanged, invalidField, notFound } from "@/server/core/errors";
import { listQuery } from "@/server/core/list-query";
import {
	type CreatePolicy,
	type Detector,
	type ListPolicies,
	mayRedact,
	type OnePolicy,
	type Policy,
	type PolicyVersion,
	places,
	type RestorePolicy,
	type SavePolicy,
	Settings,
} from "../contract";
import { whyNoPattern } from "../detectors/patterns";
import { forgetPolicies, tellSafety } from "./policies-now";

type Made = Pick<SavePolicy, "modes" | "settings" | "agentIds" | "keepsWords">;

const holds = and(
	eq(safetyPolicyVersions.policyId, safetyPolicies.id),
	eq(safetyPolicyVersions.version, safetyPolicies.version),
);
const select = <More extends Record<string, SQL>>(db: Reader, more: More) =>
	db
		.select({
			id: safetyPolicies.id,
			name: safetyPolicies.name,
			detector: safetyPolicies.detector,
			version: safetyPolicies.version,
			modes: safetyPolicyVersions.modes,
			settings: safetyPolicyVersions.settings,
			agentIds: safetyPolicyVersions.agentIds,
			keepsWords: safetyPolicyVersions.keepsWords,
			finds: sql<number>`(select count(*)::int from (select from safety_verdicts v where v.policy_id = ${safetyPolicies.id}
				and v.created_at > now() - interval '7 days' limit 10000) n)`,
			createdAt: safetyPolicies.createdAt,
			updatedAt: safetyPolicies.updatedAt,
			...more,
		})
		.from(safetyPolicies)
		.innerJoin(safetyPolicyVersions, holds);

const read = <Row extends { settings: Record<string, unknown> }>(
	row: Row,
): Omit<Row, "settings"> & { settings: Settings } => ({
	...row,
	settings: Settings.parse(row.settings),
});

export async function listPolicies(
	ctx: ServiceContext,
	input: ListPolicies,
): Promise<{ rows: Policy[]; next: string | null }> {
	const { detector, createdAt, id } = safetyPolicies;
	const list = listQuery(input, { filter: { detector }, sort: { createdAt }, id });
	const rows = await select(ctx.db.orm, { key: list.key })
		.where(list.where)
		.orderBy(...list.orderBy)
		.limit(list.limit);
	const page = list.page(rows);
	return { ...page, rows: page.rows.map(read) };
}

export async function getPolicy({ db }: ServiceContext, { policyId }: OnePolicy): Promise<Policy> {
	const [row] = await select(db.orm, {}).where(eq(safetyPolicies.id, policyId));
	if (!row) throw notFound("This policy");
	return read(row);
}

export async function listPolicyVersions(
	{ db }: ServiceContext,
	{ policyId }: OnePolicy,
): Promise<{ versions: PolicyVersion[] }> {
	const { version, modes, settings, agentIds, keepsWords, message, createdAt } = safetyPolicyVersions;
	const rows = await db.orm
		.select({ version, modes, settings, agentIds, keepsWords, message, createdByName: users.name, createdAt })
		.from(safetyPolicyVersions)
		.leftJoin(users, eq(users.id, safetyPolicyVersions.createdBy))
		.where(eq(safetyPolicyVersions.policyId, policyId))
		.orderBy(desc(version))
		.limit(100);
	if (rows.length === 0) throw notFound("This policy");
	return { versions: rows.map(read) };
}

/** What can't be carried out is refused when it is saved, by its field. */
async function expectSound(db: Reader, detector: Detector, { modes, settings, agentIds }: Made): Promise<void> {
	for (const place of places)
		if (modes[place] === "redact" && !mayRedact(detector))
			throw invalidField(`modes.${place}`, "What is told by a whole text can't be covered: warn or block.");
	for (const [at, { expression }] of settings.patterns.entries()) {
		const why = whyNoPattern(expression);
		if (why) throw invalidField(`settings.patterns.${at}.expression`, why);
	}
	if (detector === "pattern" && settings.patterns.length === 0)
		throw invalidField("settings.patterns", "Give at least one expression.");
	if (detector === "moderation" && settings.words.length === 0 && settings.model === null)
		throw invalidField("settings.words", "Give words to look for, or a model that judges.");
	if (agentIds && agentIds.length > 0) {
		const known = await db.$count(agents, sql`${agents.id} = any(${sql.param(`{${agentIds.join(",")}}`)}::uuid[])`);
		if (known !== new Set(agentIds).size) throw notFound("One of the agents");
	}
}

const nameTaken =
	(name: string) =>
	(error: unknown): never => {
		if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `Another policy is called ${name}.`);
		throw error;
	};

/** The words that a policy looks for may be secrets themselves: the audit has how many there are. */
const shown = ({ modes, settings, agentIds, keepsWords }: Made) => ({
	modes,
	kinds: settings.kinds,
	strength: settings.strength,
	words: settings.words.length,
	patterns: settings.patterns.map(({ name }) => name),
	judge: settings.model,
	agentIds,
	keepsWords,
});

export async function createPolicy(ctx: ServiceContext, input: CreatePolicy): Promise<Policy> {
	const { userId: createdBy } = requireUser(ctx);
	const { name, detector, modes, settings, agentIds, keepsWords } = input;
	await expectSound(ctx.db.orm, detector, input);
	const policyId = await ctx.db
		.transaction(async (tx) => {
			const [made] = await tx.insert(safetyPolicies).values({ name, detector }).returning({ id: safetyPolicies.id });
			if (!made) throw new Error("the policy was not stored");
			const version = { policyId: made.id, version: 1, modes, settings, agentIds, keepsWords, createdBy };
			await tx.insert(safetyPolicyVersions).values(version);
			await audit(ctx, tx, {
				action: "safety-policy.create",
				resource: "safetyPolicy",
				resourceId: made.id,
				after: { name, detector, ...shown(input) },
			});
			await tellSafety(tx);
			return made.id;
		})
		.catch(nameTaken(name));
	forgetPolicies(ctx.db);
	return getPolicy(ctx, { policyId });
}

export async function savePolicy(ctx: ServiceContext, input: SavePolicy): Promise<Policy> {
	const { policyId, basedOn, name, message } = input;
	await ctx.db
		.transaction(async (tx) => {
			const before = await expectPolicy(tx, policyId);
			expectUnchanged("this policy", basedOn, before.version);
			await expectSound(tx, before.detector, input);
			await writeVersion(ctx, tx, { before, name, made: input, message });
		})
		.catch(nameTaken(name));
	forgetPolicies(ctx.db);
	return getPolicy(ctx, { policyId });
}

/** An older version holds again, under a new number: what held in between stays to be read. */
export async function restorePolicy(ctx: ServiceContext, { policyId, version }: RestorePolicy): Promise<Policy> {
	await ctx.db.transaction(async (tx) => {
		const before = await expectPolicy(tx, policyId);
		const [wanted] = await tx
			.select()
			.from(safetyPolicyVersions)
			.where(and(eq(safetyPolicyVersions.policyId, policyId), eq(safetyPolicyVersions.version, version)));
		if (!wanted) throw notFound("This version");
		const made = read(wanted);
		await writeVersion(ctx, tx, { before, name: before.name, made, message: `As in version ${version}` });
	});
	forgetPolicies(ctx.db);
	return getPolicy(ctx, { policyId });
}

async function expectPolicy(tx: Tx, policyId: string): Promise<Policy> {
	const [locked] = await tx.select().from(safetyPolicies).where(eq(safetyPolicies.id, policyId)).for("update");
	if (!locked) throw notFound("This policy");
	const [row] = await select(tx, {}).where(eq(safetyPolicies.id, policyId));
	if (!row) throw notFound("This policy");
	return read(row);
}

async function writeVersion(
	ctx: ServiceContext,
	tx: Tx,
	{ before, name, made, message }: { before: Policy; name: string; made: Made; message: string },
): Promise<void> {
	const { userId: createdBy } = requireUser(ctx);
	const version = before.version + 1;
	const { modes, settings, agentIds, keepsWords } = made;
	await tx
		.insert(safetyPolicyVersions)
		.values({ policyId: before.id, version, modes, settings, agentIds, keepsWords, message, createdBy });
	await tx.update(safetyPolicies).set({ name, version, updatedAt: sql`now()` }).where(eq(safetyPolicies.id, before.id));
	await audit(ctx, tx, {
		action: "safety-policy.save",
		resource: "safetyPolicy",
		resourceId: before.id,
		detail: { version, message },
		before: { name: before.name, ...shown(before) },
		after: { name, ...shown(made) },
	});
	await tellSafety(tx);
}

export async function removePolicy(ctx: ServiceContext, { policyId }: OnePolicy): Promise<void> {
	await ctx.db.transaction(async (tx) => {
		const [gone] = await tx.delete(safetyPolicies).where(eq(safetyPolicies.id, policyId)).returning();
		if (!gone) throw notFound("This policy");
		const { name, detector, version } = gone;
		await audit(ctx, tx, {
			action: "safety-policy.remove",
			resource: "safetyPolicy",
			resourceId: policyId,
			before: { name, detector, version },
		});
		await tellSafety(tx);
	});
	forgetPolicies(ctx.db);
}
