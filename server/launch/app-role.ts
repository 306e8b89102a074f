import { createHmac } from "node:crypto";
import type { Database } from "@/db/connection";

const name = "quarterdeck_app";

/** Whom web and worker are in our own database. The password follows from the owner's, so there is none to keep. */
export function appUrl(ownerUrl: string): string {
	const url = new URL(ownerUrl);
	url.username = name;
	url.password = createHmac("sha256", decodeURIComponent(new URL(ownerUrl).password))
		.update(name)
		.digest("hex");
	return url.href;
}

/**
 * Makes the role that web and worker have, or mends it: it reads and writes rows, makes and drops nothing, and of the audit it
 * may only add. Run by the owner after each migration.
 */
export async function grantApp(database: Database, url: string): Promise<void> {
	const { username, password } = new URL(url);
	if (!/^[a-z0-9_]+$/.test(username) || !/^[a-f0-9]+$/.test(password)) throw new Error("this is no role of ours");
	await database.transaction(async (tx) => {
		await tx.execute(`select pg_advisory_xact_lock(hashtext('quarterdeck app role'))`);
		const [found] = await tx.execute(`select from pg_roles where rolname = '${username}'`);
		if (!found) await tx.execute(`create role ${username}`);
		await tx.execute(`alter role ${username} login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
			password '${password}'`);
		for (const statement of rights(username)) await tx.execute(statement);
	});
}

const rights = (role: string): string[] => [
	`grant usage on schema public, langgraph to ${role}`,
	`revoke create on schema public from public`,
	`grant select, insert, update, delete on all tables in schema public, langgraph to ${role}`,
	`grant usage, select on all sequences in schema public, langgraph to ${role}`,
	// The audit: written by adding, moved by its functions alone.
	`revoke insert, update, delete on audit_log, audit_personal, audit_dropped, audit_chain from ${role}`,
	`revoke update, delete on audit_pending, audit_checkpoints, audit_keys from ${role}`,
	`revoke delete on audit_holds, audit_sinks, audit_verifications from ${role}`,
	`grant update (key_generation, retention_months) on audit_chain to ${role}`,
	`do $$ declare part text; begin
		for part in select inhrelid::regclass::text from pg_inherits
			where inhparent in ('audit_log'::regclass, 'audit_personal'::regclass) loop
			execute format('revoke all on %s from ${role}', part);
		end loop; end $$`,
	...[
		"audit_seal(bigint, timestamptz, jsonb)",
		"audit_erase(uuid, int)",
		"audit_erase_words(uuid, text[], bigint, bigint)",
		"audit_drop_month(jsonb)",
		"spans_make_day(date)",
		"spans_drop_day(date)",
	].flatMap((routine) => [
		`revoke execute on function ${routine} from public`,
		`grant execute on function ${routine} to ${role}`,
	]),
	...["audit_make_month(timestamptz)", "run_events_make_month(timestamptz)", "run_events_drop_month(int)"].flatMap(
		(routine) => [
			`revoke execute on function ${routine} from public`,
			`grant execute on function ${routine} to ${role}`,
		],
	),
];
