import { type SQL, sql } from "drizzle-orm";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { inngest } from "./client";
import { jobContext } from "./context";
import { patiently } from "./patience";

const batch = 500;
/** A step ends after so many batches; the next night goes on from there. */
const mostBatches = 400;

/** What has served its time, oldest first. Each is a query for the ids of the next few rows to go. */
const outdated = {
	job_runs: sql`select id from job_runs
		where created_at < now() - interval '30 days' and ended_at < now() - interval '30 days' order by created_at`,
	job_events: sql`select id from job_events
		where created_at < now() - interval '30 days' and delivered_at is not null order by created_at`,
	idempotency_keys: sql`select id from idempotency_keys where created_at < now() - interval '24 hours' order by created_at`,
	mails: sql`select id from mails where created_at < now() - interval '90 days' order by created_at`,
	account_links: sql`select id from account_links where created_at < now() - interval '30 days' order by created_at`,
	invitations: sql`select id from invitations
		where created_at < now() - interval '180 days' and expires_at < now() - interval '90 days' order by created_at`,
	// Only where their job failed to the last.
	reset_requests: sql`select id from reset_requests where created_at < now() - interval '1 day' order by created_at`,
	// Until then a second use of one is noticed.
	refresh_tokens: sql`select id from refresh_tokens where session_id in (select id from sessions
		where expires_at < now() - interval '1 day' or revoked_at < now() - interval '7 days') order by created_at`,
	// Until then a second use of one is noticed.
	oauth_codes: sql`select id from oauth_codes where created_at < now() - interval '1 day' order by created_at`,
	// Programs that registered themselves, and that nobody has let in.
	oauth_clients: sql`select id from oauth_clients
		where created_at < now() - interval '7 days' and created_by is null and last_used_at is null order by created_at`,
	procedure_callers: sql`select id from procedure_callers where last_at < now() - interval '30 days' order by last_at`,
	source_runs: sql`select id from source_runs where created_at < now() - interval '90 days' and ended_at is not null order by created_at`,
	// Far longer than a call of a webhook can be sent again.
	trigger_calls: sql`select id from trigger_calls where created_at < now() - interval '90 days' order by created_at`,
	model_calls: sql`select id from model_calls where created_at < now() - interval '400 days' order by created_at`,
	// As long as the calls whose use they say.
	budget_holds: sql`select id from budget_holds where created_at < now() - interval '400 days' order by created_at`,
	budget_counters: sql`select id from budget_counters where starts_at < now() - interval '400 days' order by starts_at`,
	model_health: sql`select id from model_health where bucket < now() - interval '30 days' order by bucket`,
	// Also those that nobody can be given any more, as a document of theirs has gone.
	cached_answers: sql`select id from cached_answers where expires_at < now() or exists (
		select from jsonb_array_elements_text(document_ids) rests(id) where not exists (
			select from documents d join collections c on c.id = d.collection_id
			where d.id = rests.id::uuid and d.deleted_at is null and c.deleted_at is null)) order by expires_at`,
	safety_verdicts: sql`select id from safety_verdicts where created_at < now() - interval '400 days' order by created_at`,
	safety_originals: sql`select id from safety_originals where created_at < now() - interval '90 days' order by created_at`,
	uploads: sql`select id from uploads where created_at < now() - interval '1 day' order by created_at`,
} satisfies Record<string, SQL>;
type Table = keyof typeof outdated;

/** Deletes in small batches, each by itself, so that nobody waits for it. Answers how many rows went. */
export async function deleteOutdated(ctx: ServiceContext, table: Table): Promise<number> {
	let deleted = 0;
	for (let n = 0; n < mostBatches && !ctx.signal?.aborted; n++) {
		const rows = await ctx.db.orm.execute(sql`
			delete from ${sql.identifier(table)} where id in (${outdated[table]} limit ${batch}) returning id`);
		deleted += rows.length;
		if (rows.length < batch) break;
	}
	return deleted;
}

/** Every night: forgets what has served its time, and says so in the audit. */
export const prune = inngest.createFunction(
	{ id: "prune", concurrency: 1, triggers: [{ cron: "17 3 * * *" }] },
	async ({ step, runId }) => {
		const run = (table: Table) =>
			step.run(`prune ${table}`, () => patiently(() => deleteOutdated(jobContext("prune", runId), table)));
		const deleted = {
			job_runs: await run("job_runs"),
			job_events: await run("job_events"),
			idempotency_keys: await run("idempotency_keys"),
			mails: await run("mails"),
			account_links: await run("account_links"),
			invitations: await run("invitations"),
			reset_requests: await run("reset_requests"),
			refresh_tokens: await run("refresh_tokens"),
			oauth_codes: await run("oauth_codes"),
			oauth_clients: await run("oauth_clients"),
			procedure_callers: await run("procedure_callers"),
			source_runs: await run("source_runs"),
			trigger_calls: await run("trigger_calls"),
			model_calls: await run("model_calls"),
			model_health: await run("model_health"),
			cached_answers: await run("cached_answers"),
			safety_verdicts: await run("safety_verdicts"),
			safety_originals: await run("safety_originals"),
			uploads: await run("uploads"),
		};
		if (Object.values(deleted).every((count) => count === 0)) return deleted;
		await step.run("write it down", () =>
			patiently(async () => {
				const ctx = jobContext("prune", runId);
				await ctx.db.transaction((tx) =>
					audit(ctx, tx, { action: "retention.prune", resource: "system", detail: deleted }),
				);
			}),
		);
		return deleted;
	},
);
