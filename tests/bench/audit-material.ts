import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import { commitment, entryHash, eventText, firstHash } from "@/server/audit/chain/event";
import { signCheckpoint, signingKey } from "@/server/audit/chain/signing";

const batch = 250_000;

/**
 * Sealed entries of the last twelve months, as an organisation of 2,000 people makes them, but for what their hashes say.
 * Indexes are built afterwards: that takes a third of the time.
 */
export async function fillLog(db: Database, rows: number): Promise<void> {
	const indexes = await db.sql<{ name: string; made: string }[]>`
		select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as made from pg_index
		where indrelid in ('audit_log'::regclass, 'audit_personal'::regclass) and not indisprimary`;
	for (const { name } of indexes) await db.sql.unsafe(`drop index ${name}`);
	await db.orm.execute(sql`select audit_make_month(now() - make_interval(months => n)) from generate_series(0, 12) n`);
	for (let from = 1; from <= rows; from += batch) {
		const to = Math.min(rows, from + batch - 1);
		await db.sql.unsafe(`insert into audit_log (seq, sealed_at, id, at, actor_kind, actor_id, user_id, chain, via, action,
			resource_kind, resource_id, outcome, detail, request_id, hash, actor_commitment)
			select n, t, n, t, case when n % 7 = 0 then 'agent' else 'user' end, person::text, person,
				jsonb_build_array(jsonb_build_object('kind', 'user', 'id', person)),
				(array['console','console','console','console','rpc','rpc','tool','tool','job','rest'])[1 + n % 10],
				'thing-' || (n % 61) || '.change', 'thing-' || (n % 13), md5((n % 400000)::text)::uuid::text,
				case when n % 40 = 0 then 'denied' when n % 301 = 0 then 'failed' else 'done' end,
				jsonb_build_object('number', n, 'state', 'ready'), md5(n::text)::uuid::text, sha256(n::text::bytea), sha256('a')
			from (select n, md5((n * 7919 % 2000)::text)::uuid as person,
				date_trunc('milliseconds', now() - interval '360 days' * (1 - n::float8 / ${rows})) as t
				from generate_series(${from}::bigint, ${to}::bigint) n) made`);
		await db.sql.unsafe(`insert into audit_personal (seq, sealed_at, user_id, actor_salt, actor)
			select seq, sealed_at, user_id, sha256('s'), jsonb_build_object('label', 'Person ' || (seq % 2000), 'names',
				jsonb_build_array('Person ' || (seq % 2000)), 'userAgent', 'Mozilla/5.0 (X11; Linux x86_64)',
				'address', '10.' || (seq % 3) || '.' || (seq * 31 % 256) || '.' || (seq * 17 % 256))
			from audit_log where seq between ${from} and ${to}`);
		console.error(`${to} rows`);
	}
	// PostgreSQL tells the definition of a parent alone; without ONLY every month gets its own.
	for (const { made } of indexes) await db.sql.unsafe(made.replace(" ON ONLY ", " ON "));
	await db.sql.unsafe("vacuum analyze audit_log, audit_personal");
	await db.sql.unsafe(
		`update audit_chain set size = ${rows}, root = sha256('x'), sealed_at = (select max(sealed_at) from audit_log)`,
	);
}

/** An export with a whole chain, its keys and its checkpoints, without a database. */
export async function writeExport(
	folder: string,
	rows: number,
): Promise<{ file: string; keys: string; signed: string }> {
	const chain = randomUUID();
	const files = { file: `${folder}/export.jsonl`, keys: `${folder}/keys.pem`, signed: `${folder}/signed.jsonl` };
	const out = createWriteStream(files.file);
	const signed = createWriteStream(files.signed);
	const salt = Buffer.alloc(16, 7);
	let root = firstHash(chain);
	const head = { format: "quarterdeck audit chain", v: 1, chain, from: 1, to: rows, prev: root.toString("hex") };
	out.write(`${JSON.stringify(head)}\n`);
	for (let seq = 1; seq <= rows; seq++) {
		const id = randomUUID();
		const label = `Person ${seq % 2_000}`;
		const actor = {
			label,
			names: [label],
			address: `10.0.3.${seq % 256}`,
			userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
		};
		const sealedAt = 1_790_000_000_000 + seq;
		const committed = commitment(salt, actor);
		const row = {
			...{ id: String(seq), at: String(sealedAt), actor_kind: "user", actor_id: id, user_id: id, run_id: null },
			...{ chain: [{ kind: "user", id }], via: "console", action: "document.update", resource_kind: "document" },
			...{ resource_id: id, outcome: "done" as const, reason: null, detail: { number: seq }, request_id: id },
			...{ before: { name: "Rules", state: "draft" }, after: { name: "Rules of the house", state: "ready" } },
		};
		const event = eventText(row, { sealedAt, actor: committed, subject: null });
		root = entryHash(root, seq, event);
		const personal = JSON.stringify({ actor: { salt: salt.toString("hex"), data: actor }, subject: null });
		const hex = root.toString("hex");
		const more = `"bytes":${Buffer.byteLength(event)},"event":${event},"personal":${personal}`;
		if (!out.write(`{"seq":${seq},"hash":"${hex}",${more}}\n`)) await once(out, "drain");
		if (seq % 1_000 === 0 || seq === rows) {
			const body = { chain, size: seq, root: hex, prev: "0".repeat(64), time: new Date(sealedAt).toISOString() };
			signed.write(`${JSON.stringify(signCheckpoint(signingKey(1), body))}\n`);
		}
	}
	const keys = createWriteStream(files.keys);
	keys.end(signingKey(1).publicKey);
	for (const stream of [out, signed]) stream.end();
	await Promise.all([out, signed, keys].map((stream) => once(stream, "close")));
	return files;
}
