import { useSyncExternalStore } from "react";
import type { ApiClient } from "@/components/trpc/api";
import { toFailure } from "@/components/trpc/failure";
import type { Failure } from "@/components/ui/failure";
import type { Document } from "@/server/knowledge/contract";
import { uploadBytes } from "./upload-bytes";

type UploadState =
	| { kind: "waiting" }
	| { kind: "sending"; sent: number }
	| { kind: "adding" }
	/** `isNew` is false where the collection had these very bytes already. */
	| { kind: "added"; documentId: string; isNew: boolean }
	| { kind: "refused"; why: string }
	| { kind: "failed"; failure: Failure };
export type LocalUpload = { id: string; collectionId: string; file: File; state: UploadState };

type Job = { upload: LocalUpload; client: ApiClient; onAdded: (document: Document) => void };

const atOnce = 3;
let uploads: readonly LocalUpload[] = [];
const none: readonly LocalUpload[] = [];
const listeners = new Set<() => void>();
const waiting: Job[] = [];
const aborts = new Map<string, AbortController>();
let busy = 0;

function put(next: readonly LocalUpload[]) {
	uploads = next;
	for (const listener of listeners) listener();
}
const setState = (id: string, state: UploadState) =>
	put(uploads.map((upload) => (upload.id === id ? { ...upload, state } : upload)));

/** Leaving the page would lose what is still being sent. */
const warn = (event: BeforeUnloadEvent) => event.preventDefault();

export function isUnderWay({ state }: LocalUpload): boolean {
	return state.kind === "waiting" || state.kind === "sending" || state.kind === "adding";
}

/** Takes files in: three at a time, whichever page of the console is open. */
export function addUploads(
	files: { file: File; why: string | null }[],
	target: { collectionId: string; client: ApiClient; onAdded: (document: Document) => void },
): void {
	const added = files.map(({ file, why }): LocalUpload => {
		const state: UploadState = why ? { kind: "refused", why } : { kind: "waiting" };
		return { id: crypto.randomUUID(), collectionId: target.collectionId, file, state };
	});
	put([...uploads, ...added]);
	for (const upload of added) if (upload.state.kind === "waiting") waiting.push({ upload, ...target });
	next();
}

function next(): void {
	if (busy === 0 && waiting.length > 0) window.addEventListener("beforeunload", warn);
	while (busy < atOnce) {
		const job = waiting.shift();
		if (!job) break;
		busy += 1;
		void bring(job).finally(() => {
			busy -= 1;
			if (busy === 0 && waiting.length === 0) window.removeEventListener("beforeunload", warn);
			next();
		});
	}
}

async function bring({ upload, client, onAdded }: Job): Promise<void> {
	const { id, file, collectionId } = upload;
	if (!uploads.some((one) => one.id === id)) return;
	const abort = new AbortController();
	aborts.set(id, abort);
	try {
		setState(id, { kind: "sending", sent: 0 });
		const { uploadId } = await uploadBytes(file, (sent) => setState(id, { kind: "sending", sent }), abort.signal);
		setState(id, { kind: "adding" });
		const { document, isNew } = await client.knowledge.addDocument.mutate({ collectionId, uploadId, name: file.name });
		setState(id, { kind: "added", documentId: document.id, isNew });
		onAdded(document);
	} catch (error) {
		setState(id, { kind: "failed", failure: toFailure(error) });
	} finally {
		aborts.delete(id);
	}
}

/** Takes an upload off the list; one that is being sent is broken off. */
export function dropUpload(id: string): void {
	aborts.get(id)?.abort();
	put(uploads.filter((upload) => upload.id !== id));
}

export function retryUpload(
	upload: LocalUpload,
	target: { client: ApiClient; onAdded: (document: Document) => void },
): void {
	setState(upload.id, { kind: "waiting" });
	waiting.push({ upload, ...target });
	next();
}

const subscribe = (listener: () => void) => {
	listeners.add(listener);
	return () => listeners.delete(listener);
};
export function useUploads(collectionId: string): LocalUpload[] {
	const all = useSyncExternalStore(
		subscribe,
		() => uploads,
		() => none,
	);
	return all.filter((upload) => upload.collectionId === collectionId);
}
