import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SourceKind } from "@/db/schema";
import { folder } from "./folder";
import { git, syncFolders } from "./git";
import type { Kind } from "./kind";
import { s3 } from "./s3";
import { sitemap } from "./sitemap";

export const kinds = { folder, git, s3, sitemap } as const satisfies Record<SourceKind, Kind>;

/** No sync goes on for so long, in ms. */
const oldMs = 6 * 60 * 60_000;

/** Removes what syncs that were broken off have left on this machine. */
export async function forgetOld(): Promise<void> {
	for (const name of await readdir(syncFolders()).catch(() => [])) {
		const path = join(syncFolders(), name);
		const about = await stat(path).catch(() => null);
		if (about && Date.now() - about.mtimeMs > oldMs) await rm(path, { recursive: true, force: true });
	}
}
