import { execFile, spawnSync } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { Database } from "@/db/connection";
import { migrateUp } from "@/db/migrate";
import { users } from "@/db/schema";
import { startSealer } from "@/server/audit/chain/sealer";
import type { AuditFilter } from "@/server/audit/contract";
import { listOf, readPage } from "@/server/audit/service/list-audit";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { encodeCursor } from "@/server/core/cursor";
import { log } from "@/server/core/log";
import { serverSettings } from "@/server/launch/postgres/server";
import { testContext } from "@/tests/support/context";
import { startTestPostgres } from "@/tests/support/postgres";
import { fillLog, writeExport } from "./audit-material";
import { report } from "./stream-material";

// `npm run bench -- audit --rows=5000000`: PostgreSQL as `npm start` sets it up, the real services, the real sealer.

const { values } = parseArgs({ options: { rows: { type: "string", default: "5000000" } } });
const rows = Number(values.rows);
const rounds = 12;
const writers = 20;
const writingMs = 10_000;
const rate = 500;
const verified = 500_000;

const folder = process.env.QD_DATA ?? "";
if (!process.env.QD_AUTH_SECRET) {
	// The environment is read while modules are loaded: it has to be there before.
	const data = mkdtempSync(join(tmpdir(), "quarterdeck-audit-"));
	const QD_AUTH_SECRET = randomBytes(32).toString("hex");
	const env = { ...process.env, QD_AUTH_SECRET, QD_DATA: data, QD_LOG_LEVEL: "error" };
	const { status } = spawnSync(process.execPath, process.argv.slice(1), { env, stdio: "inherit" });
	rmSync(data, { recursive: true, force: true });
	process.exit(status ?? 1);
}
const server = await startTestPostgres(serverSettings);
try {
	const small = await measurePages(Math.round(rows / 10));
	const large = await measurePages(rows, measureWriting);
	const n = rounds * 11;
	report({ bench: "audit", metric: "page_p95_ms", value: large.first, unit: "ms", baseline: 20, n });
	report({ bench: "audit", metric: "deep_page_p95_ms", value: large.deep, unit: "ms", baseline: 20, n });
	const growth = Math.max(large.first / small.first, large.deep / small.deep);
	report({ bench: "audit", metric: "growth_10x_ratio", value: growth, unit: "", baseline: 1.5, n });
	await measureVerifying();
} finally {
	await server.stop();
}

/** The slowest of twenty, of first pages and of pages a million rows deep, over all filters. */
async function measurePages(count: number, more?: (db: Database) => Promise<void>) {
	const name = `audit_${count}`;
	const admin = new Database({ url: server.url("postgres"), pool: 1 });
	await admin.sql.unsafe(`create database ${name}`);
	const db = new Database({ url: server.url(name), pool: writers + 4, statementTimeout: 1_800_000 });
	try {
		await migrateUp(db);
		await fillLog(db, count);
		const depth = Math.min(1_000_000, Math.floor(count / 2));
		const deepest = await placeOf(db, count - depth);
		const first: number[] = [];
		const deep: number[] = [];
		for (let round = 0; round < rounds + 2; round++) {
			for (const filter of await filters(db, count)) {
				const times = [await timed(db, filter), await timed(db, filter, encodeCursor(deepest, listOf(filter)))];
				// The first rounds make the connection know its statements, as any that is at work does.
				if (round < 2) continue;
				first.push(times[0] ?? 0);
				deep.push(times[1] ?? 0);
			}
		}
		await more?.(db);
		return { first: p(first, 0.95), deep: p(deep, 0.95) };
	} finally {
		await db.close();
		await admin.sql.unsafe(`drop database ${name} with (force)`);
		await admin.close();
	}
}

/** A cursor's key of an entry of the chain, as a page before it would give it. */
async function placeOf(db: Database, seq: number): Promise<number[]> {
	const [row] = await db.sql`select sealed_at from audit_log where seq = ${seq}`;
	if (!row) throw new Error("there is no such entry");
	return [seq, new Date(row.sealed_at).getTime()];
}

/** Every filter that is offered, with the values of some entry. */
async function filters(db: Database, count: number): Promise<AuditFilter[]> {
	const seq = 1 + Math.floor(Math.random() * count);
	const [row] = await db.sql`select l.*, p.actor ->> 'address' as address from audit_log l
		join audit_personal p using (seq, sealed_at) where seq = ${seq}`;
	if (!row) throw new Error("there is no such entry");
	const at: Date = new Date(row.at);
	return [
		{},
		{ userId: row.user_id },
		{ actorId: row.actor_id },
		{ via: row.via },
		{ action: row.action },
		{ resourceKind: row.resource_kind },
		{ resourceId: row.resource_id },
		{ outcome: row.outcome },
		{ address: row.address },
		{ requestId: row.request_id },
		{ from: new Date(at.getTime() - 86_400_000).toISOString(), to: at.toISOString() },
	];
}

async function timed(db: Database, filter: AuditFilter, cursor?: string): Promise<number> {
	const started = performance.now();
	await readPage(db, { limit: 50, ...filter, ...(cursor ? { cursor } : {}) });
	const ms = performance.now() - started;
	if (ms > 20) console.error(`${ms.toFixed(1)} ms: ${JSON.stringify(filter)}${cursor ? " deep" : ""}`);
	return ms;
}

async function measureWriting(db: Database): Promise<void> {
	const people = await Promise.all(Array.from({ length: writers }, () => testContext(db)));
	const sealer = startSealer({ database: db, log });
	try {
		let changes = 0;
		const over = performance.now() + writingMs;
		await Promise.all(
			people.map(async (ctx) => {
				for (; performance.now() < over; changes++) await change(ctx, changes);
			}),
		);
		const perSecond = changes / (writingMs / 1000);
		report({
			bench: "audit",
			metric: "changes_per_s_20_writers",
			value: perSecond,
			unit: "changes/s",
			baseline: 300,
			n: changes,
		});
		await sealed(db);
		await measureLag(db, people);
	} finally {
		await sealer.stop();
	}
}

/** A change as the services make them: one row, and its entry. */
function change(ctx: ServiceContext, n: number): Promise<void> {
	return ctx.db.transaction(async (tx) => {
		const name = `Name ${n}`;
		const userId = ctx.actor.kind === "user" ? ctx.actor.userId : "";
		await tx.update(users).set({ name }).where(sql`id = ${userId}`);
		await audit(ctx, tx, {
			action: "user.rename",
			resource: "user",
			resourceId: userId,
			before: { name: "" },
			after: { name },
		});
	});
}

async function sealed(db: Database): Promise<void> {
	for (;;) {
		const [waiting] = await db.sql`select from audit_pending limit 1`;
		if (!waiting) return;
		await sleep(50);
	}
}

/** From the beginning of an entry's transaction until it is seen in the chain, at so many a second. */
async function measureLag(db: Database, people: ServiceContext[]): Promise<void> {
	const lags: number[] = [];
	let isOver = false;
	let [{ size: seen } = { size: 0 }] = await db.sql<{ size: number }[]>`select size::int from audit_chain`;
	const watch = (async () => {
		while (!isOver) {
			const found = await db.sql<{ seq: number; ms: number }[]>`select seq::int,
				extract(epoch from clock_timestamp() - at)::float8 * 1000 as ms from audit_log where seq > ${seen} order by seq`;
			lags.push(...found.map(({ ms }) => ms));
			seen = found.at(-1)?.seq ?? seen;
			await sleep(20);
		}
	})();
	const started = performance.now();
	for (let n = 0; n < (rate * writingMs * 2) / 1000; ) {
		const due = Math.floor(((performance.now() - started) / 1000) * rate) - n;
		const now = Array.from({ length: Math.min(due, people.length) }, (_, index) => people[index]);
		await Promise.all(
			now.map(
				(ctx) => ctx && audit({ ...ctx, requestId: randomUUID() }, db.orm, { action: "thing.do", resource: "thing" }),
			),
		);
		n += now.length;
		if (now.length < people.length) await sleep(10);
	}
	const perSecond = (rate * writingMs * 2) / (performance.now() - started);
	console.error(`${perSecond.toFixed(0)} entries a second were written`);
	await sealed(db);
	await sleep(100);
	isOver = true;
	await watch;
	report({
		bench: "audit",
		metric: "seal_lag_ms_p99",
		value: p(lags, 0.99),
		unit: "ms",
		baseline: 1_000,
		n: lags.length,
	});
}

async function measureVerifying(): Promise<void> {
	const { file, keys, signed } = await writeExport(folder, verified);
	const said = await new Promise<string>((resolve, reject) =>
		execFile(
			process.execPath,
			["scripts/audit-verify.mjs", file, "--key", keys, "--checkpoint", signed, "--json"],
			(error, stdout, stderr) => (error ? reject(new Error(stdout || stderr)) : resolve(stdout)),
		),
	);
	const { isValid, entries, seconds } = JSON.parse(said) as { isValid: boolean; entries: number; seconds: number };
	if (!isValid || entries !== verified) throw new Error(`The export is not valid: ${said}`);
	report({
		bench: "audit",
		metric: "verify_rows_per_s",
		value: entries / seconds,
		unit: "rows/s",
		baseline: 50_000,
		n: entries,
	});
}

function p(values: number[], part: number): number {
	const sorted = values.toSorted((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}
