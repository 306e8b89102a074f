import { and, eq, isNull, sql } from "drizzle-orm";
import { databaseCode, type Reader, type Tx } from "@/db/connection";
import { agents, agentVersions } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { AppError, notFound } from "@/server/core/errors";
import { mayManageRow, mayReadRow } from "@/server/core/grants";
import { type Definition, definitionColumns } from "./definition";

const row = { id: agents.id, ownerId: agents.createdBy };
/** The agents that the person may see: their own, and those shared with them in any way. */
export const maySee = (user: UserActor) => and(isNull(agents.archivedAt), mayReadRow(user, "agent", row));
export const mayManage = (user: UserActor) => mayManageRow(user, "agent", row);
/** Those of them that can be asked: something was published. */
export const mayAsk = (user: UserActor) => and(maySee(user), sql`${agents.publishedVersionId} is not null`);

/** Holds the agent until the transaction ends. Throws where the person may not change it. */
export async function holdManaged(ctx: ServiceContext, tx: Tx, agentId: string) {
	const user = requireUser(ctx);
	const [found] = await tx
		.select({
			name: agents.name,
			description: agents.description,
			isDefault: agents.isDefault,
			needsReview: agents.needsReview,
			publishedVersionId: agents.publishedVersionId,
			latestVersion: agents.latestVersion,
			revision: agents.revision,
			mayManage: mayManage(user),
		})
		.from(agents)
		.where(and(eq(agents.id, agentId), maySee(user)))
		.for("update");
	if (!found) throw notFound("This agent");
	if (!found.mayManage) throw notYours();
	return found;
}
export type Held = Awaited<ReturnType<typeof holdManaged>>;

const notYours = () => new AppError("FORBIDDEN", "You may ask this agent, but not change it. Ask its owner to do it.");

/** Throws where the person does not manage it: what is not published yet, and what was once, is of no concern to others. */
export async function expectManaged(ctx: ServiceContext, agentId: string): Promise<void> {
	const user = requireUser(ctx);
	const [found] = await ctx.db.orm
		.select({ mayManage: mayManage(user) })
		.from(agents)
		.where(and(eq(agents.id, agentId), maySee(user)));
	if (!found) throw notFound("This agent");
	if (!found.mayManage) throw notYours();
}

const versionColumns = {
	...definitionColumns,
	id: agentVersions.id,
	version: agentVersions.version,
	message: agentVersions.message,
	authorIds: agentVersions.authorIds,
	basedOn: agentVersions.basedOn,
	revision: agentVersions.revision,
	isApproved: agentVersions.isApproved,
	reviewAskedAt: agentVersions.reviewAskedAt,
};

/** The version that answers; null where nothing was published. */
export async function readPublished(tx: Reader, { publishedVersionId }: Pick<Held, "publishedVersionId">) {
	if (!publishedVersionId) return null;
	const [found] = await tx.select(versionColumns).from(agentVersions).where(eq(agentVersions.id, publishedVersionId));
	return found ?? null;
}

/** The draft; null where there is none. The agent's row is held by whoever changes it. */
export async function readDraft(tx: Reader, agentId: string) {
	const [found] = await tx
		.select(versionColumns)
		.from(agentVersions)
		.where(and(eq(agentVersions.agentId, agentId), isNull(agentVersions.version)));
	return found ?? null;
}
export type Draft = NonNullable<Awaited<ReturnType<typeof readDraft>>>;

type NewAgent = {
	id?: string;
	name: string;
	description?: string;
	isDefault?: boolean;
	createdBy?: string | null;
	needsReview?: boolean;
	/** Kept as a draft, which nobody can ask yet. */
	isDraft?: boolean;
	basedOn?: number | null;
	message?: string;
	definition?: Partial<Definition>;
};

/** Writes a new agent with its first version; answers its id. */
export async function insertAgent(tx: Reader, { definition, isDraft, message, ...agent }: NewAgent): Promise<string> {
	const [made] = await tx
		.insert(agents)
		.values({ ...agent, latestVersion: isDraft ? 0 : 1 })
		.returning({ id: agents.id });
	if (!made) throw new Error("the agent was not stored");
	const by = agent.createdBy ?? null;
	const [version] = await tx
		.insert(agentVersions)
		.values({
			...definition,
			agentId: made.id,
			version: isDraft ? null : 1,
			message: message ?? "",
			authorIds: by ? [by] : [],
			publishedBy: isDraft ? null : by,
		})
		.returning({ id: agentVersions.id });
	if (!version) throw new Error("the version was not stored");
	if (!isDraft) await tx.update(agents).set({ publishedVersionId: version.id }).where(eq(agents.id, made.id));
	return made.id;
}

export const nameTaken = (name: string) => (error: unknown) => {
	if (databaseCode(error) === "23505") throw new AppError("CONFLICT", `There is an agent named ${name} already.`);
	throw error;
};
