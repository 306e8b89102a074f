import { statfs } from "node:fs/promises";
import { sql } from "drizzle-orm";
import type { Database } from "@/db/connection";
import packageJson from "@/package.json" with { type: "json" };
import { auditFailure, tryAudit } from "@/server/core/audit";
import { env } from "@/server/core/env";
import { redis } from "@/server/core/redis";
import { tellVectorIndex } from "@/server/knowledge/service";
import type { Health, HealthPart } from "../contract";

const fewFreeBytes = 1024 ** 3;

/** What works and what doesn't, by trying it. Never throws: a part that can't be asked is ill. */
export async function readHealth(db: Database): Promise<Health> {
	const parts = await Promise.all([
		databasePart(db),
		auditPart(db),
		checkpointPart(db),
		workerPart(db),
		jobsPart(db),
		indexPart(db),
		limitsPart(),
		modelPart(),
		mailPart(),
		diskPart(),
	]);
	return { isReady: parts.every((part) => part.state !== "ill"), parts, version: packageJson.version, at: new Date() };
}

async function tried(name: string, look: () => Promise<Omit<HealthPart, "name">>): Promise<HealthPart> {
	try {
		return { name, ...(await look()) };
	} catch {
		return { name, state: "ill", detail: "It can't be reached." };
	}
}

const first = async <Row>(db: Database, query: ReturnType<typeof sql>): Promise<Row | undefined> =>
	// The rows are as wide as the query that stands beside each call says.
	((await db.orm.execute(query)) as unknown as Row[])[0];

const databasePart = (db: Database) =>
	tried("Database", async () => {
		const row = await first<{ version: string; size: string }>(
			db,
			sql`select current_setting('server_version') as version, pg_size_pretty(pg_database_size(current_database())) as size`,
		);
		return { state: "well", detail: `PostgreSQL ${row?.version}, ${row?.size} stored.` };
	});

/** Entries that wait longer than this for their place in the chain, in seconds, are a sign of trouble. */
const longestSealing = 30;

const auditPart = (db: Database) =>
	tried("Audit", async () => {
		const row = await first<{ may: boolean; waiting: number; lag: number }>(
			db,
			sql`select has_table_privilege('audit_pending', 'insert') as may, count(*)::int as waiting,
				coalesce(extract(epoch from now() - min(at)), 0)::float8 as lag from audit_pending`,
		);
		if (auditFailure()) await tryAudit(db);
		const failed = auditFailure();
		if (!row?.may || failed) {
			const why = failed ? ` (${failed.code})` : "";
			return { state: "ill", detail: `Entries can't be written${why}: nothing that needs one is done until they can.` };
		}
		if (row.lag > longestSealing)
			return {
				state: "idle",
				detail: `${row.waiting} entries wait to be sealed, the oldest for ${Math.round(row.lag)} s.`,
			};
		return { state: "well", detail: "Every change is written down, and sealed within a second." };
	});

/** Whether somebody outside the database has proof of the chain. */
const checkpointPart = (db: Database) =>
	tried("Audit checkpoints", async () => {
		const rows = (await db.orm.execute(sql`select name, problem, at from audit_sinks order by name`)) as unknown as {
			name: string;
			problem: string | null;
		}[];
		const bad = rows.find(({ problem }) => problem !== null);
		if (bad) return { state: "ill", detail: `They don't reach the sink ${bad.name}: ${bad.problem}` };
		return {
			state: "well",
			detail: rows.length > 0 ? `Kept by: ${rows.map(({ name }) => name).join(", ")}.` : "None yet.",
		};
	});

const workerPart = (db: Database) =>
	tried("Worker", async () => {
		const row = await first<{ alive: number }>(
			db,
			sql`select count(*)::int as alive from workers where beat_at > now() - interval '15 seconds'`,
		);
		const alive = row?.alive ?? 0;
		if (alive === 0)
			return { state: "ill", detail: "No worker has given a sign of life for 15 s: documents and questions wait." };
		return { state: "well", detail: alive === 1 ? "One worker is at work." : `${alive} workers are at work.` };
	});

const jobsPart = (db: Database) =>
	tried("Jobs", async () => {
		const row = await first<{ ready: number; oldest: number | null }>(
			db,
			sql`select count(*)::int as ready, extract(epoch from now() - min(run_at))::int as oldest from job_queue where claimed_by is null and run_at <= now()`,
		);
		if (!row?.ready) return { state: "well", detail: "Nothing waits." };
		const isLate = (row.oldest ?? 0) > 300;
		return { state: isLate ? "idle" : "well", detail: `${row.ready} ready, the oldest for ${row.oldest} s.` };
	});

const indexPart = (db: Database) =>
	tried("Search index", async () => {
		const row = await first<{ chunks: number }>(
			db,
			sql`select greatest(reltuples, 0)::bigint::int as chunks from pg_class where oid = 'chunk_vectors'::regclass`,
		);
		const { isWell, detail } = await tellVectorIndex(db);
		return { state: isWell ? "well" : "idle", detail: `About ${row?.chunks ?? 0} passages can be found. ${detail}` };
	});

async function modelPart(): Promise<HealthPart> {
	const { QD_MODEL } = env();
	if (!QD_MODEL)
		return {
			name: "Chat model",
			state: "idle",
			detail: "None is set: answers quote the passages. Set QD_MODEL_URL and QD_MODEL.",
		};
	return { name: "Chat model", state: "well", detail: `${QD_MODEL} is set.` };
}

async function mailPart(): Promise<HealthPart> {
	const { SMTP_URL } = env();
	if (!SMTP_URL)
		return {
			name: "Mail",
			state: "idle",
			detail: "No server is set: mails are kept in the outbox. Set SMTP_URL and QD_MAIL_FROM.",
		};
	return { name: "Mail", state: "well", detail: `Goes out through ${new URL(SMTP_URL).hostname}.` };
}

/** Without Redis each process counts for itself; where one is set and away, sign-in and what is dangerous are refused. */
const limitsPart = () =>
	tried("Rate limits", async () => {
		const shared = redis();
		if (!shared)
			return { state: "well", detail: "This web process counts for itself. REDIS_URL lets several count together." };
		const isThere = await shared.ping().then(
			() => true,
			() => false,
		);
		return isThere
			? { state: "well", detail: "All processes count together in Redis." }
			: {
					state: "ill",
					detail: "Redis is away: nobody can sign in or do what is dangerous; the rest is counted by each process.",
				};
	});

const diskPart = () =>
	tried("Disk", async () => {
		const { bavail, bsize } = await statfs(env().QD_DATA);
		const free = bavail * bsize;
		const text = `${(free / 1024 ** 3).toFixed(1)} GiB free where the data lies.`;
		return { state: free < fewFreeBytes ? "ill" : "well", detail: text };
	});
