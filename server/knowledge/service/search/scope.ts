import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { collections, documents, grants } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { isGrantedDocument, ownsCollection } from "@/server/core/grants";
import { filterConditions } from "@/server/core/list-query";
import type { Search } from "../../contract";
import type { Scope, ScopedCollection } from "../../vectors/store";
import { isThere, mayReadDocument, readsWhole } from "../access";

type Filter = NonNullable<Search["filter"]>;
type Asked = Pick<Search, "collectionIds" | "filter">;
/** With the model that made each collection's vectors: only what one model made is ever compared with a question. */
export type SearchedCollection = ScopedCollection & { model: string; dimension: number };
export type SearchScope = Scope & { collections: SearchedCollection[] };
type Found = Omit<SearchedCollection, "isWhole"> & { isReadable: boolean; isOpen: boolean };

/** Thousands of numbers come as one text: a hundredth of the time that rows take. */
const Numbers = z
	.string()
	.nullable()
	.transform((text) => (text ? text.split(",").map(Number) : []));

/** What this person may find things in at this moment, narrowed by what they asked for. Nothing else is searched at all. */
export async function scopeOf(ctx: ServiceContext, { collectionIds, filter }: Asked): Promise<SearchScope> {
	const found = await findCollections(ctx, collectionIds);
	if (filter && hasConditions(filter)) {
		const only = await listNumbers(ctx, found, and(mayReadDocument(ctx), ...conditions(filter)));
		return { collections: found.map(toPart), except: [], only };
	}
	const kept = found.filter((one) => one.isReadable && !one.isOpen);
	const partly = found.filter((one) => !one.isReadable);
	const isGranted = isGrantedDocument(requireUser(ctx));
	const [except, only] = await Promise.all([
		listNumbers(ctx, kept, and(documents.isRestricted, sql`not ${isGranted}`)),
		listNumbers(ctx, partly, isGranted),
	]);
	return { collections: found.map((one) => ({ ...toPart(one), isWhole: one.isReadable })), except, only };
}

const toPart = ({ id, no, version, model, dimension }: Found): SearchedCollection => ({
	...{ id, no, version, model, dimension },
	isWhole: false,
});

/** Collections that the person may read, and those with documents that were granted to them by themselves. */
async function findCollections(ctx: ServiceContext, ids?: string[]): Promise<Found[]> {
	const { grantees } = requireUser(ctx);
	const isReadable = sql<boolean>`${readsWhole(ctx)}`;
	const restricted = sql`exists (select 1 from ${documents} where ${documents.collectionId} = ${collections.id} and ${documents.isRestricted})`;
	const withGranted = ctx.db.orm
		.select({ id: documents.collectionId })
		.from(grants)
		.innerJoin(documents, eq(documents.id, grants.resourceId))
		.where(and(inArray(grants.grantee, [...grantees]), eq(grants.resourceKind, "document")));
	return ctx.db.orm
		.select({
			id: collections.id,
			no: collections.no,
			version: collections.version,
			model: collections.model,
			dimension: collections.dimension,
			isReadable,
			isOpen: sql<boolean>`(${ownsCollection(requireUser(ctx))} or not ${restricted})`,
		})
		.from(collections)
		.where(
			and(
				isThere(ctx),
				ids ? inArray(collections.id, ids) : undefined,
				or(isReadable, inArray(collections.id, withGranted)),
			),
		)
		.orderBy(collections.no);
}

async function listNumbers(ctx: ServiceContext, of: Found[], condition: SQL | undefined): Promise<number[]> {
	if (of.length === 0) return [];
	const [row] = await ctx.db.orm
		.select({ nos: sql<string | null>`string_agg(${documents.no}::text, ',')` })
		.from(documents)
		.innerJoin(collections, eq(collections.id, documents.collectionId))
		.where(
			and(
				inArray(
					documents.collectionId,
					of.map(({ id }) => id),
				),
				condition,
			),
		);
	return Numbers.parse(row?.nos ?? null);
}

const hasConditions = (filter: Filter): boolean =>
	Object.values(filter).some((ask) => ask !== undefined && Object.keys(ask).length > 0);

function conditions({ fields, ...facts }: Filter): SQL[] {
	const known = filterConditions(facts, {
		documentId: documents.id,
		source: documents.source,
		type: documents.mediaType,
		date: documents.createdAt,
	});
	return [...known, ...Object.entries(fields ?? {}).flatMap(([name, ask]) => fieldConditions(name, ask))];
}

type FieldAsk = NonNullable<Filter["fields"]>[string];

/** A field's name is a value like any other: it never becomes a part of the statement. */
function fieldConditions(name: string, { eq: one, in: some, ...range }: FieldAsk): SQL[] {
	const has = (value: string | number | boolean) =>
		sql`${documents.fields} @> ${JSON.stringify({ [name]: value })}::jsonb`;
	const all: SQL[] = [];
	if (one !== undefined) all.push(has(one));
	if (some !== undefined) all.push(sql`(${sql.join(some.map(has), sql` or `)})`);
	for (const [operator, value] of Object.entries(range)) {
		if (value === undefined) continue;
		const than = { gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` }[operator as "gt" | "gte" | "lt" | "lte"];
		const type = typeof value === "number" ? "number" : "string";
		const field = sql`(${documents.fields} -> ${name}::text)`;
		// Numbers compare with numbers and texts, such as dates, with texts; a field of another type fits nothing.
		all.push(
			typeof value === "number"
				? sql`(jsonb_typeof(${field}) = ${type} and ${field} ${than} to_jsonb(${value}::float8))`
				: sql`(jsonb_typeof(${field}) = ${type} and (${field} #>> '{}') collate "C" ${than} ${value}::text)`,
		);
	}
	return all;
}
