import { randomUUID } from "node:crypto";
import { and, count, eq, isNull, sql } from "drizzle-orm";
import type { Tx } from "@/db/connection";
import { documents, type SourceSettings, sources } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import { AppError, expectUnchanged, invalidField } from "@/server/core/errors";
import { checkAddress } from "@/server/core/fetch-guard";
import { seal } from "@/server/core/vault";
import { emit } from "@/server/jobs/emit";
import { sourceRemoved } from "@/server/jobs/events";
import { holdManagedCollection, notifyCollection, raiseVersion } from "@/server/knowledge/service";
import {
	type AddSource,
	type ChangeSource,
	mostSources,
	type RemoveSource,
	type Source,
	type SourceFolders,
} from "../contract";
import { allowedFolder } from "../kinds/folder";
import { SourceProblem } from "../kinds/kind";
import { type SourceRow, secretPlace } from "../place";
import { holdSource } from "./hold";
import { getSource } from "./read";
import { stopSync } from "./stop-sync";

/** Below which folders of this server a source may read: what the operator allows. */
export const getFolders = async (): Promise<SourceFolders> => ({ folders: env().QD_SOURCE_FOLDERS ?? [] });

type Way = Pick<SourceRow, "kind" | "address"> & { hasSecret: boolean };
const loopbacks = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether it may be read at all; answers the address as it is kept. Throws with the field that is wrong. */
async function checkPlace({ kind, address, hasSecret }: Way): Promise<string> {
	if (kind === "folder") {
		await allowedFolder(address).catch((error: unknown) => {
			if (error instanceof SourceProblem) throw invalidField("address", error.message);
			throw error;
		});
		return address.replace(/(?<=.)\/+$/, "");
	}
	const url = await checkAddress(address).catch((error: unknown) => {
		if (error instanceof AppError && error.code === "INVALID_INPUT") throw invalidField("address", error.message);
		throw error;
	});
	url.hash = "";
	if (kind !== "sitemap" && url.search) throw invalidField("address", "An address without a question mark is needed.");
	// A token that goes over the wire as it is could be read by whoever stands between.
	if (hasSecret && url.protocol !== "https:" && !loopbacks.has(url.hostname))
		throw invalidField("address", "A token or key is sent over https:// only.");
	return kind === "sitemap" ? url.href : url.href.replace(/\/+$/, "");
}

const nextAt = (everyMinutes: number | null) =>
	everyMinutes === null ? null : sql`now() + make_interval(mins => ${everyMinutes})`;

const told = ({ name, address, settings, include, everyMinutes, isPaused }: Omit<SourceRow, "id">) => ({
	...{ name, address, settings, include, everyMinutes, isPaused },
});

/** Adds a source; its first sync is at once due. */
export async function addSource(ctx: ServiceContext, input: AddSource): Promise<Source> {
	const { collectionId, kind, name, include, everyMinutes, secret } = input;
	const { userId } = requireUser(ctx);
	// Who may not add anything learns nothing of what the address leads to.
	await ctx.db.transaction((tx) => holdManagedCollection(ctx, tx, collectionId));
	const address = await checkPlace({ kind, address: input.address, hasSecret: secret !== undefined });
	const id = randomUUID();
	return ctx.db.transaction(async (tx) => {
		await holdManagedCollection(ctx, tx, collectionId, "no key update");
		const [known] = await tx.select({ count: count() }).from(sources).where(eq(sources.collectionId, collectionId));
		if ((known?.count ?? 0) >= mostSources)
			throw new AppError(
				"CONFLICT",
				`A collection has at most ${mostSources} sources. Remove one, or use another collection.`,
			);
		const [row] = await tx
			.insert(sources)
			.values({
				...{ id, collectionId, kind, name, address, include, everyMinutes, ownerId: userId },
				settings: settingsOf(input, {}),
				sealedSecret: secret === undefined ? null : seal(secret, secretPlace(id, 1)),
				nextAt: everyMinutes === null ? null : sql`now()`,
			})
			.returning();
		if (!row) throw new Error("The source was not stored");
		await audit(ctx, tx, {
			action: "source.add",
			resource: "source",
			resourceId: id,
			detail: { collectionId, kind, isWithSecret: secret !== undefined },
			after: told(row),
		});
		await notifyCollection(tx, collectionId);
		return getSource(ctx, { sourceId: id }, tx);
	});
}

/** Null takes a setting away; what is left out stays. */
function settingsOf(input: Partial<Record<keyof SourceSettings, string | null | undefined>>, before: SourceSettings) {
	const names = ["branch", "username", "bucket", "region", "prefix", "keyId"] as const;
	const all = names.map((name) => [name, input[name] === undefined ? before[name] : input[name]] as const);
	return Object.fromEntries(all.filter(([, value]) => value)) as SourceSettings;
}

/** Another place is another source: it does not get the secret of the one before. Whoever changes it, it works for from then on. */
export async function changeSource(ctx: ServiceContext, input: ChangeSource): Promise<Source> {
	const { sourceId, secret } = input;
	const { userId } = requireUser(ctx);
	const known = await ctx.db.transaction((tx) => holdSource(ctx, tx, sourceId));
	const settings = settingsOf(input, known.settings);
	const isElsewhere =
		(input.address !== undefined && input.address !== known.address) ||
		(["bucket", "keyId", "username"] as const).some((name) => settings[name] !== known.settings[name]);
	const keepsSecret = secret === undefined && !isElsewhere && known.sealedSecret !== null;
	const hasSecret = Boolean(secret) || keepsSecret;
	if (known.kind === "s3" && !settings.keyId !== !hasSecret)
		throw invalidField("secret", "Key id and secret key go together, and another place needs its key anew.");
	if (secret && (known.kind === "folder" || known.kind === "sitemap"))
		throw invalidField("secret", `A ${known.kind} source has none.`);
	const isReached = isElsewhere || Boolean(secret) || input.isPaused === false;
	const address = isReached
		? await checkPlace({ kind: known.kind, address: input.address ?? known.address, hasSecret })
		: known.address;
	return ctx.db.transaction(async (tx) => {
		const before = await holdSource(ctx, tx, sourceId);
		expectUnchanged("this source", input.basedOn ?? known.revision, before.revision);
		const version = before.secretVersion + 1;
		const isNewSecret = secret !== undefined || isElsewhere;
		const everyMinutes = input.everyMinutes === undefined ? before.everyMinutes : input.everyMinutes;
		const isPaused = input.isPaused ?? before.isPaused;
		const isPlannedAnew = everyMinutes !== before.everyMinutes || (before.isPaused && !isPaused);
		const after = { ...told(before), name: input.name ?? before.name, address, settings, everyMinutes, isPaused };
		await tx
			.update(sources)
			.set({
				...after,
				include: input.include ?? before.include,
				ownerId: userId,
				revision: before.revision + 1,
				updatedAt: sql`now()`,
				...(isPlannedAnew ? { nextAt: nextAt(everyMinutes) } : {}),
				...(isNewSecret
					? { secretVersion: version, sealedSecret: secret ? seal(secret, secretPlace(sourceId, version)) : null }
					: {}),
			})
			.where(eq(sources.id, sourceId));
		if (isPaused && !before.isPaused) await stopSync(tx, sourceId, "It was paused.");
		await audit(ctx, tx, {
			action: "source.change",
			resource: "source",
			resourceId: sourceId,
			detail: { collectionId: before.collectionId, isSecretChanged: isNewSecret },
			before: told(before),
			after: { ...after, include: input.include ?? before.include },
		});
		return getSource(ctx, { sourceId }, tx);
	});
}

/** Removes a source. Its documents stay as if somebody had brought them, or go at once; a job removes the rows of those. */
export async function removeSource(ctx: ServiceContext, input: RemoveSource): Promise<{ deleted: true }> {
	const { sourceId } = input;
	await ctx.db.transaction(async (tx) => {
		const source = await holdSource(ctx, tx, sourceId);
		const { collectionId } = source;
		const isIts = and(eq(documents.sourceId, sourceId), isNull(documents.deletedAt));
		const affected = await (input.documents === "keep" ? keep(tx, isIts) : drop(tx, isIts));
		if (input.documents === "delete") {
			await raiseVersion(tx, collectionId);
			await emit(tx, sourceRemoved.create({ sourceId, collectionId }));
		}
		await tx.delete(sources).where(eq(sources.id, sourceId));
		await audit(ctx, tx, {
			action: "source.remove",
			resource: "source",
			resourceId: sourceId,
			detail: { collectionId, documents: input.documents, count: affected },
			before: told(source),
		});
		await notifyCollection(tx, collectionId);
	});
	return { deleted: true };
}

type Which = ReturnType<typeof and>;
const keep = async (tx: Tx, which: Which): Promise<number> =>
	(await tx.update(documents).set({ sourceId: null }).where(which).returning({ id: documents.id })).length;
const drop = async (tx: Tx, which: Which): Promise<number> => {
	const gone = { deletedAt: sql`now()`, updatedAt: sql`now()` };
	return (await tx.update(documents).set(gone).where(which).returning({ id: documents.id })).length;
};
