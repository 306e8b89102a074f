import { z } from "zod";
import { listOf } from "@/server/core/list";
import { pageOf } from "@/server/core/pagination";

export const sourceKinds = ["folder", "git", "s3", "sitemap"] as const;
export const SourceKind = z.enum(sourceKinds);
export type SourceKind = z.infer<typeof SourceKind>;

/** Files that one source may have: what is beyond is not taken, and nothing is removed then. */
export const mostFiles = 10_000;
export const mostSources = 20;
export const leastMinutes = 15;

const Name = z.string().trim().min(1, "Give it a name.").max(100);
const Address = z
	.string()
	.trim()
	.min(1, "Say where it is.")
	.max(2000)
	.describe(
		"A folder on the server; the https address of a Git repository; the endpoint of an S3-compatible store; the address of a sitemap.",
	);
const Include = z
	.string()
	.max(2000)
	.refine((text) => text.split("\n").length <= 50, "At most 50 lines.")
	.describe(
		"Which files it takes, a pattern a line: `docs/**`, `*.md`; `!drafts/**` leaves out. Empty: all that can be read.",
	);
const Secret = z
	.string()
	.regex(/^[\x21-\x7e]{1,4000}$/, "A token or key has no spaces and no letters beyond ASCII.")
	.describe("git: a token that may read; s3: the secret key. It is kept sealed and told to nobody.");
const EveryMinutes = z
	.int()
	.min(leastMinutes)
	.max(60 * 24 * 31)
	.nullable()
	.describe("Minutes between two syncs; null: only when somebody asks for one.");

const branch = z
	.string()
	.trim()
	.regex(/^[\w./][\w./-]{0,199}$/, "That is no branch's name.")
	.describe("git: left out, its server's main one.");
const username = z
	.string()
	.trim()
	.regex(/^[^\s:]{1,100}$/, "A user name has no spaces and no colon.")
	.describe("git: what goes with the token; `git` where it is left out.");
const bucket = z
	.string()
	.trim()
	.regex(/^[a-z0-9][a-z0-9._-]{1,62}$/i, "That is no bucket's name.")
	.describe("s3: the bucket.");
const region = z
	.string()
	.trim()
	.regex(/^[a-z0-9-]{1,40}$/, "That is no region.")
	.describe("s3: the region that requests are signed for; `us-east-1` where it is left out.");
const prefix = z
	.string()
	.trim()
	.max(500)
	.overwrite((text) => text.replace(/^\/+|\/+$/g, "").replace(/(?<=.)$/, "/"))
	.describe("s3: only what lies below this folder of the bucket.");
const keyId = z
	.string()
	.trim()
	.regex(/^[\x21-\x7e]{1,200}$/, "That is no key id.")
	.describe("s3: the id of the key; without one, the bucket is read unsigned.");

/** What else there is to say about each kind. */
export const kindFields = {
	folder: [],
	git: ["branch", "username"],
	s3: ["bucket", "region", "prefix", "keyId"],
	sitemap: [],
} as const satisfies Record<SourceKind, readonly string[]>;

export const syncStates = ["running", "done", "partial", "failed", "stopped"] as const;
export const SyncRun = z.object({
	id: z.uuid(),
	state: z.enum(syncStates).describe("`partial`: what was taken is in, but not all of it could be."),
	askedByName: z.string().nullable().describe("Who asked for it; null where it was its time."),
	found: z.int().describe("Files that it found and is to take."),
	added: z.int().describe("Files that were new."),
	changed: z.int().describe("Files that became the next version of their document."),
	removed: z.int().describe("Documents that went, as their files were gone."),
	unchanged: z.int().describe("Files that were as before."),
	failed: z.int().describe("Files that could not be taken; each says why."),
	skipped: z.int().describe("Files that can't be read by their kind, that are hidden, or that the patterns leave out."),
	reason: z.string().nullable().describe("Why it failed or is not whole, and what to do."),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
});
export type SyncRun = z.infer<typeof SyncRun>;

export const Source = z.object({
	id: z.uuid(),
	collectionId: z.uuid(),
	kind: SourceKind,
	name: z.string(),
	address: z.string(),
	branch: z.string().optional().describe("git: the branch; left out, its server's main one."),
	username: z.string().optional().describe("git: what goes with the token."),
	bucket: z.string().optional().describe("s3: the bucket."),
	region: z.string().optional().describe("s3: the region that requests are signed for."),
	prefix: z.string().optional().describe("s3: the folder of the bucket."),
	keyId: z.string().optional().describe("s3: the id of the key."),
	include: z.string().describe("Which files it takes, a pattern a line; empty: all that can be read."),
	hasSecret: z.boolean().describe("Whether a token or key is kept for it."),
	everyMinutes: z.int().nullable().describe("Minutes between two syncs; null: only when somebody asks for one."),
	isPaused: z.boolean().describe("Whether it rests until somebody resumes it."),
	nextAt: z.date().nullable().describe("When it is synced next, to about five minutes; null where nothing is planned."),
	ownerName: z.string().describe("Whose rights its syncs have: whoever made it or changed it last."),
	documentCount: z.int().describe("Documents that it keeps up to date."),
	problemCount: z.int().describe("Files that could not be taken when they were last tried."),
	lastRun: SyncRun.nullable().describe("Its last sync, or the one under way; null where there was none."),
	revision: z.int().describe("Counts up with each change."),
	createdAt: z.date(),
});
export type Source = z.infer<typeof Source>;
export const SourcePage = pageOf(Source);
export const ListSources = listOf(Source, { filter: {}, sort: ["createdAt"] }).extend({ collectionId: z.uuid() });
export type ListSources = z.infer<typeof ListSources>;

export const OneSource = z.strictObject({ sourceId: z.uuid() });
export type OneSource = z.infer<typeof OneSource>;

export const AddSource = z
	.strictObject({
		collectionId: z.uuid(),
		kind: SourceKind,
		name: Name,
		address: Address,
		branch: branch.optional(),
		username: username.optional(),
		bucket: bucket.optional(),
		region: region.optional(),
		prefix: prefix.optional(),
		keyId: keyId.optional(),
		include: Include.default(""),
		secret: Secret.optional(),
		everyMinutes: EveryMinutes.default(60 * 24),
	})
	.superRefine((source, { addIssue }) => {
		const known: readonly string[] = kindFields[source.kind];
		for (const field of ["branch", "username", "bucket", "region", "prefix", "keyId"] as const)
			if (source[field] !== undefined && !known.includes(field))
				addIssue({ code: "custom", path: [field], message: `A ${source.kind} source has none.` });
		if (source.kind === "s3" && !source.bucket)
			addIssue({ code: "custom", path: ["bucket"], message: "Name the bucket." });
		if (source.kind === "s3" && !source.keyId !== !source.secret)
			addIssue({
				code: "custom",
				path: ["secret"],
				message: "Key id and secret key go together: give both, or neither.",
			});
		if ((source.kind === "folder" || source.kind === "sitemap") && source.secret)
			addIssue({ code: "custom", path: ["secret"], message: `A ${source.kind} source has none.` });
	});
export type AddSource = z.infer<typeof AddSource>;

/** What is left out stays. The kind and the collection stay in any case. */
export const ChangeSource = OneSource.extend({
	name: Name.optional(),
	address: Address.optional(),
	branch: branch.nullable().optional().describe("git: another branch; null: its server's main one."),
	username: username.nullable().optional().describe("git: another user name; null: `git`."),
	bucket: bucket.optional(),
	region: region.nullable().optional().describe("s3: another region; null: `us-east-1`."),
	prefix: prefix.nullable().optional().describe("s3: another folder of the bucket; null: all of it."),
	keyId: keyId.nullable().optional(),
	include: Include.optional(),
	secret: Secret.nullable()
		.optional()
		.describe(
			"Another token or key; null takes it away. Another address, bucket, user or key id needs its secret anew.",
		),
	everyMinutes: EveryMinutes.optional(),
	isPaused: z.boolean().optional().describe("True: no syncs, and one that is under way ends."),
	basedOn: z.int().min(1).optional(),
});
export type ChangeSource = z.infer<typeof ChangeSource>;

export const RemoveSource = OneSource.extend({
	documents: z
		.enum(["keep", "delete"])
		.describe("Whether its documents stay, as if somebody had brought them by hand."),
});
export type RemoveSource = z.infer<typeof RemoveSource>;
export const RemovedSource = z.object({ deleted: z.literal(true) });

export const ListSyncs = listOf(SyncRun, { filter: {}, sort: ["createdAt"] }).extend({ sourceId: z.uuid() });
export type ListSyncs = z.infer<typeof ListSyncs>;
export const SyncPage = pageOf(SyncRun);

export const SourceProblem = z.object({
	path: z.string().describe("The file, from the source's own root."),
	problem: z.string().describe("Why, and what to do."),
});
export type SourceProblem = z.infer<typeof SourceProblem>;
export const ListProblems = listOf(SourceProblem, { filter: {}, sort: ["path"] }).extend({ sourceId: z.uuid() });
export type ListProblems = z.infer<typeof ListProblems>;
export const ProblemPage = pageOf(SourceProblem);

export const NoInput = z.strictObject({});
export const SourceFolders = z.object({
	folders: z.array(z.string()).describe("Below these, and nowhere else, folders of the server may be read."),
});
export type SourceFolders = z.infer<typeof SourceFolders>;
