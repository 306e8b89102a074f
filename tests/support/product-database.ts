import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Database } from "@/db/connection";
import { readSecrets } from "@/server/launch/data-folder";
import { clusterUrl, postmaster } from "@/server/launch/postgres/cluster";

/** A started product's own database, for looking at what is stored. `data` is where the product keeps everything. */
export async function productDatabase(product: { data: string }): Promise<Database> {
	return new Database({ url: await productDatabaseUrl(product), pool: 2, statementTimeout: 30_000 });
}

export async function productDatabaseUrl({ data }: { data: string }): Promise<string> {
	const { databasePassword } = await readSecrets(data);
	const home = await readFile(join(data, "postgres.json"), "utf8").then(
		(text) => (JSON.parse(text) as { folder: string }).folder,
		() => data,
	);
	const server = await postmaster(join(home, "postgres"));
	if (!server) throw new Error("PostgreSQL is down");
	return clusterUrl(server.port, databasePassword, "quarterdeck");
}
