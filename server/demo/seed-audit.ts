import type { Database } from "@/db/connection";
import { listExports, requestExport } from "@/server/audit/service";
import { signIn } from "@/server/auth/service";
import type { ServiceContext } from "@/server/core/context";
import { listCollections, updateCollection } from "@/server/knowledge/service";
import { contextForActor } from "@/server/trpc/context";
import { createCaller } from "@/server/trpc/root";
import { demoContext, everyRow } from "./context";
import { type PersonKey, people } from "./organisation";
import { demoPassword } from "./password";
import type { DemoActors } from "./seed-people";

const browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36";
const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148";
/** Of the ranges that stand for addresses in examples. */
const from = (last: number, userAgent = browser): ServiceContext["origin"] => ({
	address: `203.0.113.${last}`,
	userAgent,
});

/**
 * A morning as an audit has it: people who sign in, one who mistypes and one who is nobody, a refusal, a change, an export.
 * Once an installation: the export tells that it was done.
 */
export async function seedAudit(db: Database, actors: DemoActors, collections: Map<string, string>): Promise<void> {
	const exporter = { ...demoContext(db, actors.ruth), origin: from(44) };
	if ((await listExports(exporter, { limit: 1 })).rows.length > 0) return;
	await signInAs(db, "tobias", from(21));
	await signInAs(db, "jonas", from(57, phone), "mistyped-password");
	await signInAs(db, "jonas", from(57, phone));
	await refused(db, actors);
	await describeShelf(db, actors, collections);
	await signInAs(db, "ruth", from(44));
	await requestExport(exporter, { format: "jsonl", filter: { outcome: "denied" } });
}

async function signInAs(db: Database, key: PersonKey, origin: ServiceContext["origin"], password = demoPassword()) {
	const ctx = { ...demoContext(db, { kind: "anonymous" }), via: "console" as const, origin };
	// Who changed their password since, or must bring a second factor, is written down as refused.
	await signIn(ctx, { email: people[key].email, password }).catch(() => null);
}

/** A supervisor looks where her role does not let her. */
async function refused(db: Database, actors: DemoActors): Promise<void> {
	const ctx = contextForActor(actors.lea, { db, requestId: crypto.randomUUID(), via: "console" });
	const caller = createCaller({ ...ctx, origin: from(80, phone) });
	await caller.audit.list({}).catch(() => null);
	await caller.users.list({}).catch(() => null);
}

const shelf = "IT & security";
const added = "What changed lately: see the page on AI assistants.";

async function describeShelf(db: Database, actors: DemoActors, collections: Map<string, string>): Promise<void> {
	const collectionId = collections.get(shelf) ?? [...collections.values()][0];
	const ctx: ServiceContext = { ...demoContext(db, actors.tobias), via: "console", origin: from(21) };
	const known = await everyRow((page) => listCollections(ctx, page));
	const collection = known.find(({ id }) => id === collectionId);
	if (!collection?.mayManage || collection.description.endsWith(added)) return;
	await updateCollection(ctx, {
		collectionId: collection.id,
		description: `${collection.description} ${added}`.trim(),
	});
}
