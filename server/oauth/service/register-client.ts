import { count, isNull, sql } from "drizzle-orm";
import { oauthClients } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { env } from "@/server/core/env";
import type { Registration } from "../contract";
import { OAuthProblem } from "../problem";
import { redirectProblem } from "../redirects";
import { hashSecret, newClientSecret } from "../secrets";

export type Registered = { id: string; secret: string | null; name: string; issuedAt: Date };

/** How many that nobody has let in yet may wait at once: whoever fills the table stops only this. */
const mostUnused = 1_000;

export const mayRegister = (): boolean => env().QD_OAUTH_REGISTRATION === "allowed";

/** A program registers itself (RFC 7591): it gets nothing by that but the right to ask people. */
export async function registerClient(ctx: ServiceContext, input: Registration): Promise<Registered> {
	for (const address of input.redirect_uris) {
		const problem = redirectProblem(address);
		if (problem) throw new OAuthProblem("invalid_redirect_uri", `A redirect URI ${problem}.`);
	}
	const unknown = input.grant_types.find((grant) => !["authorization_code", "refresh_token"].includes(grant));
	if (unknown || input.response_types.some((type) => type !== "code"))
		throw new OAuthProblem(
			"invalid_client_metadata",
			"Only codes and refresh tokens are given: grant_types authorization_code and refresh_token, response_types code.",
		);
	const name = input.client_name ?? "A program without a name";
	const secret = input.token_endpoint_auth_method === "none" ? null : newClientSecret();
	return ctx.db.transaction(async (tx) => {
		await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('oauth_clients', 3))`);
		const [unused] = await tx
			.select({ count: count() })
			.from(oauthClients)
			.where(sql`${isNull(oauthClients.createdBy)} and ${isNull(oauthClients.lastUsedAt)}`);
		if ((unused?.count ?? 0) >= mostUnused)
			throw new OAuthProblem(
				"temporarily_unavailable",
				"Too many programs have registered and were never used. Ask an administrator to register this one.",
				"LIMIT_REACHED",
			);
		const [row] = await tx
			.insert(oauthClients)
			.values({ name, redirectUris: input.redirect_uris, secretHash: secret && hashSecret(secret) })
			.returning({ id: oauthClients.id, issuedAt: oauthClients.createdAt });
		if (!row) throw new Error("the program was not stored");
		await audit(ctx, tx, {
			action: "program.register",
			resource: "program",
			resourceId: row.id,
			after: { name, redirectUris: input.redirect_uris, isConfidential: secret !== null },
		});
		return { ...row, name, secret };
	});
}
