import { Inngest } from "inngest";
import type { Database } from "@/db/connection";
import { engineFetch } from "@/server/jobs/engine/fetch";

export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** A client of its own whose events go into that database, and nowhere else. */
export function testClient(db: Database, options: { signingKey?: string } = {}): Inngest {
	return new Inngest({
		id: "test",
		isDev: !options.signingKey,
		eventKey: "test",
		...options,
		fetch: engineFetch(() => db),
		logger: silent,
		aiMetadata: false,
	});
}
