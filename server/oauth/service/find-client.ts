import { and, eq, isNull } from "drizzle-orm";
import { z } from "zod";
import type { Database } from "@/db/connection";
import { oauthClients } from "@/db/schema";
import { OAuthProblem } from "../problem";
import { isSecret } from "../secrets";

export type Client = typeof oauthClients.$inferSelect;

/** A program that may ask; null for one that is unknown or was revoked. */
export async function findClient(db: Database, id: string | undefined): Promise<Client | null> {
	if (!z.uuid().safeParse(id).success) return null;
	const [client] = await db.orm
		.select()
		.from(oauthClients)
		.where(and(eq(oauthClients.id, id ?? ""), isNull(oauthClients.revokedAt)));
	return client ?? null;
}

/** The program that calls us itself. One with a secret has to show it; one without must show none. */
export async function authenticateClient(
	db: Database,
	{ id, secret }: { id: string | undefined; secret: string | undefined },
): Promise<Client> {
	const client = await findClient(db, id);
	const isIt = client && (client.secretHash ? secret && isSecret(secret, client.secretHash) : secret === undefined);
	if (!client || !isIt)
		throw new OAuthProblem(
			"invalid_client",
			"This program is not registered here, or its secret is wrong.",
			"UNAUTHENTICATED",
		);
	return client;
}
