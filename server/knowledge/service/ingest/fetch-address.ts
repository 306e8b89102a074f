import { Readable } from "node:stream";
import { and, eq, isNull, ne } from "drizzle-orm";
import { documents, files } from "@/db/schema";
import type { ServiceContext } from "@/server/core/context";
import { AppError } from "@/server/core/errors";
import { type GuardedAnswer, guardedFetch } from "@/server/core/fetch-guard";
import { fileStore } from "@/server/files/store";
import { fileTypes, maxFileBytes, sitemapType } from "../../contract";
import { UnreadableFile } from "../../parsing";
import { nameOf } from "../add-address";
import { type Attempt, type Held, withAttempt } from "./attempt";

const mostRedirects = 3;
const redirects = [301, 302, 303, 307, 308];
/** Also what servers call them that don't know better. */
const kinds: Record<string, string> = {
	"application/xhtml+xml": "html",
	"text/x-markdown": "md",
	"application/xml": "xml",
	"text/xml": "xml",
	...Object.fromEntries(Object.entries(fileTypes).map(([ending, type]) => [type, ending])),
};

export const isAddress = (source: string): boolean => /^https?:\/\//.test(source);

/** Fetches what the document's address leads to and makes it the document's file. Null where the document is gone. */
export async function fetchAddress(ctx: ServiceContext, attempt: Attempt, held: Held): Promise<Held | null> {
	const { url, answer } = await follow(held.source, {}, ctx.signal);
	const ending = endingOf(url, answer);
	const stored = await fileStore().putStream(Readable.from([answer.body]), { maxBytes: maxFileBytes });
	return withAttempt(ctx, attempt, async (tx, now) => {
		if (now.state !== "parsing") return now;
		const [same] = await tx
			.select({ name: documents.name })
			.from(documents)
			.where(
				and(
					eq(documents.collectionId, now.collectionId),
					eq(documents.sha256, stored.sha256),
					ne(documents.id, now.id),
					isNull(documents.deletedAt),
				),
			);
		if (same) throw notRead(`The collection has the same contents already, as ${same.name}.`);
		await tx.insert(files).values(stored).onConflictDoNothing();
		const fetched = { ...stored, mediaType: typeOf(ending), name: nameOf(new URL(held.source), ending) };
		await tx.update(documents).set(fetched).where(eq(documents.id, now.id));
		return { ...now, ...fetched };
	});
}

const typeOf = (ending: string): string =>
	ending === "xml" ? sitemapType : (Object.entries(fileTypes).find(([one]) => one === ending)?.[1] ?? "");

/** A page as it is now. `mark` tells its server which state is known; null where it is still that. */
export type Page = { body: Buffer; name: string; mediaType: string; mark: string | null };

/** What an address leads to. `known` is the mark that it had. Throws an UnreadableFile with the reason. */
export async function fetchPage(address: string, known: string | null, signal?: AbortSignal): Promise<Page | null> {
	const [kind, value = ""] = known?.split(/ (.*)/s) ?? [];
	const since: Record<string, string> =
		kind === "etag" ? { "if-none-match": value } : kind === "modified" ? { "if-modified-since": value } : {};
	const { url, answer } = await follow(address, since, signal);
	if (answer.status === 304) return null;
	const ending = endingOf(url, answer);
	const { etag, "last-modified": modified } = answer.headers;
	const mark = etag ? `etag ${etag}` : modified ? `modified ${modified}` : null;
	return { body: answer.body, name: nameOf(new URL(address), ending), mediaType: typeOf(ending), mark };
}

async function follow(
	address: string,
	since: Record<string, string>,
	signal?: AbortSignal,
): Promise<{ url: URL; answer: GuardedAnswer }> {
	let url = new URL(address);
	for (let turns = 0; turns <= mostRedirects; turns++) {
		const answer = await guardedFetch(url.href, {
			headers: { accept: "text/html,application/xhtml+xml,text/plain,application/pdf,*/*;q=0.5", ...since },
			signal,
		}).catch((error: unknown) => {
			if (error instanceof AppError) throw notRead(error.message, error);
			throw error;
		});
		if (answer.status === 200 || (answer.status === 304 && Object.keys(since).length > 0)) return { url, answer };
		const next = redirects.includes(answer.status) ? URL.parse(String(answer.headers.location ?? ""), url) : null;
		if (!next) throw notRead(`The address answered with status ${answer.status}.`);
		url = next;
	}
	throw notRead(`The address leads on and on: more than ${mostRedirects} times.`);
}

function endingOf(url: URL, { headers, body }: GuardedAnswer): string {
	if (body.length === 0) throw notRead("The address answered with nothing.");
	const type = String(headers["content-type"] ?? "")
		.split(";")[0]
		?.trim()
		.toLowerCase();
	const known = type && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
	// Servers that know nothing of a file say that it is bytes.
	const named = url.pathname.split(".").at(-1)?.toLowerCase() ?? "";
	const ending = known ?? (Object.hasOwn(fileTypes, named) ? named : undefined);
	if (!ending) throw notRead(`The address answered with ${type || "something unnamed"}, which can't be read.`);
	return ending;
}

const notRead = (reason: string, cause?: unknown) => new UnreadableFile("notFetched", reason, { cause });
