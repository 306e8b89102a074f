import type { Database } from "@/db/connection";
import { seedAccess } from "./seed-access";
import { seedAudit } from "./seed-audit";
import { awaitDocuments, bringDocuments, seedShelves } from "./seed-library";
import { seedModels } from "./seed-models";
import { type SignIn, seedPeople, whoCanSignIn } from "./seed-people";
import { seedRuns } from "./seed-runs";
import { seedAgents, seedPrompts } from "./seed-workshop";
import type { Tell } from "./tell";

/**
 * Fills an installation with the demo organisation, through the services, as its people: what is there already, found by
 * its name, is left alone. Needs a worker, which reads the documents and answers the questions. Answers with who can sign in.
 */
export async function seedDemo(db: Database, tell: Tell = () => {}): Promise<SignIn[]> {
	const actors = await seedPeople(db);
	tell({ what: "people", done: Object.keys(actors).length, total: Object.keys(actors).length });
	const collections = await seedShelves(db, actors);
	await seedAccess(db, actors, collections);
	await bringDocuments(db, actors, collections);
	await awaitDocuments(db, actors, { collections, tell });
	const prompts = await seedPrompts(db, actors);
	await seedModels(db, actors);
	const agents = await seedAgents(db, actors, { prompts, collections });
	await seedRuns(db, actors, { agents, tell });
	await seedAudit(db, actors, collections);
	return whoCanSignIn(db);
}
