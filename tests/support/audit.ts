import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";

type Made = { count: number; action?: string; address?: string; label?: string; userId?: string };

/** That many sealed entries, as the sealer would leave them but for what their hashes say. */
export async function makeSealed(db: Database, made: Made): Promise<void> {
	const { action = "test.write", address = "192.0.2.1", label = "Robin Tester", userId = null } = made;
	await db.transaction(async (tx) => {
		await tx.execute(sql`set local statement_timeout = 0`);
		await tx.execute(sql`with chain as (select size from audit_chain for update),
			entries as (
				insert into audit_log (seq, sealed_at, id, actor_kind, actor_id, user_id, via, action, resource_kind, resource_id,
					outcome, detail, request_id, hash, actor_commitment)
				select size + n, date_trunc('milliseconds', now()), 1000000000 + size + n, 'user', 'somebody', ${userId}::uuid, 'rpc',
					${action}, 'test', 'thing-' || n % 10, case when n % 20 = 0 then 'denied' else 'done' end,
					jsonb_build_object('number', n), 'request-' || n / 3, sha256(n::text::bytea), sha256('a')
				from chain, generate_series(1, ${made.count}) n returning seq, sealed_at)
			insert into audit_personal (seq, sealed_at, user_id, actor_salt, actor)
			select seq, sealed_at, ${userId}::uuid, sha256('s'), jsonb_build_object('label', ${label}::text, 'names', '[]'::jsonb,
				'address', ${address}::text, 'userAgent', 'vitest') from entries`);
		await tx.execute(
			sql`update audit_chain set size = size + ${made.count}, sealed_at = date_trunc('milliseconds', now())`,
		);
	});
}
