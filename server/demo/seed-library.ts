import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import type { Document } from "@/server/knowledge/contract";
import {
	addDocument,
	createCollection,
	listCollections,
	listDocuments,
	retryDocument,
	storeUpload,
} from "@/server/knowledge/service";
import { demoContext, everyRow } from "./context";
import { contentFolder, library, type Shelf } from "./library";
import { waitFor } from "./patience";
import type { DemoActors } from "./seed-people";
import type { Tell } from "./tell";

/** Longest without any document becoming ready, in ms. */
const longestPause = 180_000;

/** The demo's collections, made by their keepers where they are missing: their ids by name. */
export async function seedShelves(db: Database, actors: DemoActors): Promise<Map<string, string>> {
	const ids = new Map<string, string>();
	for (const { name, description, access, keeper } of library) {
		const actor = actors[keeper];
		const known = await everyRow((page) => listCollections(demoContext(db, actor), page));
		const there = known.find((one) => one.name === name && one.ownerName === actor.name);
		const { id } = there ?? (await createCollection(demoContext(db, actor), { name, description, access }));
		ids.set(name, id);
	}
	return ids;
}

/** Brings the documents that are missing; failed ones are tried again. */
export async function bringDocuments(db: Database, actors: DemoActors, ids: Map<string, string>): Promise<void> {
	for (const shelf of library) await fillShelf(db, actors[shelf.keeper], shelf, ids.get(shelf.name) ?? "");
}

/** Waits until the worker has read all. Throws where one can't be read. */
export async function awaitDocuments(
	db: Database,
	actors: DemoActors,
	{ collections: ids, tell }: { collections: Map<string, string>; tell: Tell },
): Promise<void> {
	const look = (shelf: Shelf) => wantedDocuments(db, actors[shelf.keeper], shelf, ids.get(shelf.name) ?? "");
	const read = async () => (await Promise.all(library.map(look))).flat();
	const total = library.reduce((sum, { documents }) => sum + Object.keys(documents).length, 0);
	for (let done = -1; done < total; ) {
		const ended = (now: Document[]) => now.filter(({ state }) => state === "ready" || state === "failed").length;
		const now = await waitFor(longestPause, async () => {
			const documents = await read();
			return ended(documents) > done ? documents : null;
		});
		if (!now) throw new Error("the documents are not read: no worker is at it");
		const failed = now.find(({ state }) => state === "failed");
		if (failed) throw new Error(`${failed.name} can't be read: ${failed.reason}`);
		done = ended(now);
		tell({ what: "documents", done, total });
	}
}

/** Those of the collection that are the demo's. */
async function wantedDocuments(
	db: Database,
	actor: UserActor,
	shelf: Shelf,
	collectionId: string,
): Promise<Document[]> {
	const names = new Set(Object.values(shelf.documents));
	const rows = await everyRow((page) => listDocuments(demoContext(db, actor), { ...page, collectionId }));
	return rows.filter(({ name }) => names.has(name));
}

async function fillShelf(db: Database, actor: UserActor, shelf: Shelf, collectionId: string): Promise<void> {
	const known = new Map((await wantedDocuments(db, actor, shelf, collectionId)).map((one) => [one.name, one]));
	for (const [file, name] of Object.entries(shelf.documents)) {
		const there = known.get(name);
		if (there?.state === "failed") await retryDocument(demoContext(db, actor), { documentId: there.id });
		if (there) continue;
		const bytes = createReadStream(join(contentFolder(), shelf.folder, file));
		const { uploadId } = await storeUpload(demoContext(db, actor), bytes);
		await addDocument(demoContext(db, actor), { collectionId, uploadId, name });
	}
}
