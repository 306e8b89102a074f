import { AppError } from "@/server/core/errors";
import { type GuardedAnswer, guardedFetch } from "@/server/core/fetch-guard";
import { s3ObjectAddress, s3Query, signS3 } from "@/server/core/s3-signature";
import { maxFileBytes } from "@/server/knowledge/contract";
import { readableType } from "@/server/knowledge/service";
import { mostFiles } from "../contract";
import { takes } from "../patterns";
import { type Content, FileProblem, type Found, type Kind, type Listing, type Reach, SourceProblem } from "./kind";
import { readListing } from "./s3-listing";

const mostPages = 40;
const objectMs = 60_000;

const bucketOf = ({ source }: Reach): string => `${source.address.replace(/\/+$/, "")}/${source.settings.bucket}`;

async function get(reach: Reach, url: URL, limits: { maxBytes: number; timeoutMs: number }): Promise<GuardedAnswer> {
	const { keyId, region = "us-east-1" } = reach.source.settings;
	const headers = keyId && reach.secret ? signS3({ keyId, secret: reach.secret, region }, { method: "GET", url }) : {};
	return guardedFetch(url.href, { headers, signal: reach.signal, ...limits });
}

/** What the store means by a refusal, for whoever set the source up. */
function refusal({ status, body, headers }: GuardedAnswer): string {
	const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body.subarray(0, 2_000).toString("utf8"))?.[1];
	const told = code ? `${status}, ${code}` : String(status);
	switch (code) {
		case "SignatureDoesNotMatch":
			return `The store does not accept the secret key (${told}). Enter it anew.`;
		case "InvalidAccessKeyId":
			return `The store does not know the key id (${told}). Correct it.`;
		case "AccessDenied":
			return `The key may not do this (${told}). It needs to list the bucket and to read its objects.`;
		case "NoSuchBucket":
			return `There is no such bucket (${told}). Correct its name or the endpoint.`;
	}
	const region = headers["x-amz-bucket-region"];
	if (region) return `The bucket lies in another region (${told}): enter ${String(region).slice(0, 40)}.`;
	return status === 403
		? `The store refused (${told}). Look at key id, secret key and region.`
		: `The store answered ${told}. Look at the endpoint and the bucket's name.`;
}

async function list(reach: Reach): Promise<Listing> {
	const { prefix = "" } = reach.source.settings;
	const isTaken = takes(reach.source.include);
	const files: Found[] = [];
	let skipped = 0;
	let from: string | null = null;
	for (let page = 0; page < mostPages; page++) {
		reach.signal?.throwIfAborted();
		const url = new URL(bucketOf(reach));
		url.search = s3Query({
			"list-type": "2",
			"max-keys": "1000",
			...(prefix ? { prefix } : {}),
			...(from ? { "continuation-token": from } : {}),
		});
		const answer = await get(reach, url, { maxBytes: 8 * 1024 * 1024, timeoutMs: 30_000 });
		if (answer.status !== 200) throw new SourceProblem(refusal(answer));
		const listing = readListing(answer.body);
		for (const { key, mark, size } of listing.objects) {
			const path = key.slice(prefix.length);
			const isHidden = path.split("/").some((part) => part === "" || part.startsWith("."));
			if (isHidden || !readableType(path) || !isTaken(path) || path.length > 1000) skipped++;
			else if (files.length >= mostFiles) return { files, skipped, incomplete: `It has more than ${mostFiles} files.` };
			else files.push({ path, mark: `${mark} ${size}`, size });
		}
		from = listing.next;
		if (!from) return { files, skipped, incomplete: null };
	}
	return { files, skipped, incomplete: `It has more than ${mostPages * 1000} objects.` };
}

async function readObject(reach: Reach, { path, mark }: Found): Promise<Content> {
	const url = s3ObjectAddress(bucketOf(reach), `${reach.source.settings.prefix ?? ""}${path}`);
	const answer = await get(reach, url, { maxBytes: maxFileBytes, timeoutMs: objectMs }).catch((error: unknown) => {
		if (!(error instanceof AppError)) throw error;
		throw new FileProblem(`${error.message} It is tried again with the next sync.`, true, { cause: error });
	});
	if (answer.status === 404) throw new FileProblem("It was gone when it was to be read. The next sync looks again.");
	if (answer.status !== 200) throw new FileProblem(refusal(answer), answer.status >= 500);
	const etag = String(answer.headers.etag ?? "").replaceAll('"', "");
	return {
		bytes: answer.body,
		mediaType: readableType(path) ?? "",
		mark: etag ? `${etag} ${answer.body.length}` : mark,
	};
}

export const s3: Kind = {
	list: (reach) =>
		list(reach).catch((error: unknown) => {
			throw error instanceof AppError ? new SourceProblem(error.message, { cause: error }) : error;
		}),
	read: async (reach, wanted, take) => {
		for (const file of wanted) {
			reach.signal?.throwIfAborted();
			const outcome = await readObject(reach, file).catch((error: unknown) => {
				if (error instanceof FileProblem) return error;
				throw error;
			});
			if (!(await take(file, outcome))) return;
		}
	},
	tell: ({ settings }, path) => `s3://${settings.bucket}/${settings.prefix ?? ""}${path}`,
};
