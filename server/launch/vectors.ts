import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Database } from "@/db/connection";
import { env } from "@/server/core/env";
import { moveToIndexBeside } from "@/server/knowledge/service";
import { readSecrets } from "./data-folder";
import { clusterUrl, postmaster } from "./postgres/cluster";

/** The program behind `npm run vectors`: brings the vectors into the index beside PostgreSQL, and says how far it is. */
const db = new Database({ url: await databaseUrl(), pool: 2, statementTimeout: 600_000 });
try {
	let told = "";
	for await (const { state, done, total } of moveToIndexBeside(db)) {
		const now =
			state === "filling" ? `${done} of ${total} vectors` : state === "verifying" ? "comparing both sides" : "";
		if (now && now !== told) console.log(`  ${now}`);
		told = now;
		if (state === "ready") console.log(`  ✓ ${total} vectors are in Qdrant and searched there.`);
	}
} catch (error) {
	console.error(`  ${error instanceof Error ? error.message : error}. Run it again: it goes on from where it stopped.`);
	process.exitCode = 1;
} finally {
	await db.close();
}
process.exit();

/** Of DATABASE_URL, or of the PostgreSQL that a running `npm start` brought. */
async function databaseUrl(): Promise<string> {
	const { DATABASE_URL, QD_DATA } = env();
	if (DATABASE_URL) return DATABASE_URL;
	const data = resolve(QD_DATA);
	const { databasePassword } = await readSecrets(data);
	const home = await readFile(join(data, "postgres.json"), "utf8").then(
		(text) => (JSON.parse(text) as { folder: string }).folder,
		() => data,
	);
	const server = await postmaster(join(home, "postgres"));
	if (!server) {
		console.error("  PostgreSQL is down: start Quarterdeck first with `npm start`, or set DATABASE_URL.");
		process.exit(1);
	}
	return clusterUrl(server.port, databasePassword, "quarterdeck");
}
