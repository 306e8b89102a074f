import { and, eq, inArray, isNull, not, or, type SQL, sql } from "drizzle-orm";
import type { Reader } from "@/db/connection";
import { collections, type DocumentState, documents, users } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { expectUnchanged, notFound } from "@/server/core/errors";
import { accessOf, isGrantedDocument, ownsCollection, setAccess } from "@/server/core/grants";
import { listQuery } from "@/server/core/list-query";
import type { Version } from "@/server/core/version";
import { emit } from "@/server/jobs/emit";
import { collectionRemoved } from "@/server/jobs/events";
import type { Collection, CreateCollection, ListCollections, OneCollection, UpdateCollection } from "../contract";
import { embedder } from "../embedding";
import { cleanLine } from "../parsing";
import { holdManaged, mayManage, mayRead, notifyCollection } from "./access";

export async function listCollections(
	ctx: ServiceContext,
	input: ListCollections,
): Promise<{ rows: Collection[]; next: string | null }> {
	const list = listQuery(input, {
		filter: { name: collections.name, createdAt: collections.createdAt },
		sort: { createdAt: collections.createdAt, name: collections.name },
		id: collections.id,
	});
	const rows = await readable(ctx, ctx.db.orm, { key: list.key })
		.where(and(mayRead(ctx), list.where))
		.orderBy(...list.orderBy)
		.limit(list.limit);
	return list.page(rows);
}

export async function getCollection(ctx: ServiceContext, input: OneCollection): Promise<Collection> {
	return readOne(ctx, ctx.db.orm, input.collectionId);
}

/** Its own row's, what the caller's rights and its owner's name add to it, and its documents' in one go. */
export async function versionOfCollection(ctx: ServiceContext, { collectionId }: OneCollection): Promise<Version> {
	const [of] = await ctx.db.orm
		.select({
			row: sql`collections.xmin::text`,
			revision: collections.revision,
			access: accessOf("collection", collections.id),
			mayManage: mayManage(ctx),
			owner: users.name,
			documents: sql`(select concat_ws(' ', count(*), count(*) filter (where d.state = 'ready'),
					count(*) filter (where d.state = 'failed'))
				from documents d where d.collection_id = collections.id and d.deleted_at is null)`,
		})
		.from(collections)
		.innerJoin(users, eq(users.id, collections.ownerId))
		.where(and(eq(collections.id, collectionId), mayRead(ctx)));
	if (!of) throw notFound("This collection");
	return { of, revision: of.revision };
}

export async function createCollection(ctx: ServiceContext, input: CreateCollection): Promise<Collection> {
	const { userId } = requireUser(ctx);
	const { model, dimension } = embedder();
	return ctx.db.transaction(async (tx) => {
		const [row] = await tx
			.insert(collections)
			.values({
				model,
				dimension,
				name: cleanLine(input.name),
				description: cleanLine(input.description),
				ownerId: userId,
			})
			.returning({ id: collections.id });
		if (!row) throw new Error("The collection was not stored");
		await setAccess(tx, "collection", row.id, input.access);
		await audit(ctx, tx, {
			action: "collection.create",
			resource: "collection",
			resourceId: row.id,
			detail: { access: input.access },
			after: { name: cleanLine(input.name), description: cleanLine(input.description) },
		});
		return readOne(ctx, tx, row.id);
	});
}

export async function updateCollection(ctx: ServiceContext, input: UpdateCollection): Promise<Collection> {
	const { collectionId, access, name, description, basedOn } = input;
	return ctx.db.transaction(async (tx) => {
		const { revision, ...before } = await holdManaged(ctx, tx, collectionId, "no key update");
		expectUnchanged("this collection", basedOn, revision);
		const after = {
			name: name === undefined ? before.name : cleanLine(name),
			description: description === undefined ? before.description : cleanLine(description),
		};
		await tx
			.update(collections)
			.set({
				...after,
				revision: revision + 1,
				updatedAt: sql`now()`,
			})
			.where(eq(collections.id, collectionId));
		if (access) await setAccess(tx, "collection", collectionId, access);
		await audit(ctx, tx, {
			action: "collection.update",
			resource: "collection",
			resourceId: collectionId,
			detail: {
				changed: Object.keys(input).filter((key) => key !== "collectionId" && key !== "basedOn"),
				...(access ? { access } : {}),
			},
			before,
			after,
		});
		await notifyCollection(tx, collectionId);
		// An administrator who makes somebody's shared collection private may not see it any more, and is told all the same.
		return readOne(ctx, tx, collectionId, { afterChange: true });
	});
}

/** What deleting it would do, for whoever decides of it. */
export async function tellDeletedCollection(ctx: ServiceContext, { collectionId }: OneCollection): Promise<string> {
	const { name, documentCount } = await readOne(ctx, ctx.db.orm, collectionId);
	const all = documentCount === 1 ? "its one document" : `all its ${documentCount} documents`;
	return `Delete the collection “${name}” with ${all}, for good.`;
}

/** At once nobody finds it or anything in it; a job removes the rows. */
export async function deleteCollection(ctx: ServiceContext, input: OneCollection): Promise<{ deleted: true }> {
	const { collectionId } = input;
	await ctx.db.transaction(async (tx) => {
		await holdManaged(ctx, tx, collectionId, "no key update");
		await tx.update(collections).set({ deletedAt: sql`now()` }).where(eq(collections.id, collectionId));
		await audit(ctx, tx, { action: "collection.delete", resource: "collection", resourceId: collectionId });
		await emit(tx, collectionRemoved.create({ collectionId }));
		await notifyCollection(tx, collectionId);
	});
	return { deleted: true };
}

function readable<More extends Record<string, SQL>>(ctx: ServiceContext, db: Reader, more: More) {
	const user = requireUser(ctx);
	// Of a collection that they read, all but what is kept from them. Cheap first: few documents are restricted.
	const isTheirs = or(not(documents.isRestricted), ownsCollection(user), isGrantedDocument(user));
	const count = (...states: DocumentState[]) =>
		sql<number>`(select count(*) from ${documents} where ${and(
			sql`${documents.collectionId} = ${collections.id}`,
			isNull(documents.deletedAt),
			isTheirs,
			states.length > 0 ? inArray(documents.state, states) : undefined,
		)})::int`;
	return db
		.select({
			id: collections.id,
			name: collections.name,
			description: collections.description,
			access: accessOf("collection", collections.id),
			ownerName: users.name,
			mayManage: mayManage(ctx),
			documentCount: count(),
			readyCount: count("ready"),
			failedCount: count("failed"),
			revision: collections.revision,
			createdAt: collections.createdAt,
			updatedAt: collections.updatedAt,
			...more,
		})
		.from(collections)
		.innerJoin(users, eq(users.id, collections.ownerId));
}

async function readOne(
	ctx: ServiceContext,
	db: Reader,
	collectionId: string,
	{ afterChange = false } = {},
): Promise<Collection> {
	const isIt = eq(collections.id, collectionId);
	const [row] = await readable(ctx, db, {}).where(afterChange ? isIt : and(isIt, mayRead(ctx)));
	if (!row) throw notFound("This collection");
	return row;
}
