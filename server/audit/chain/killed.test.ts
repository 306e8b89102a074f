import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { build } from "esbuild";
import { afterEach, beforeAll, expect, inject, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries, auditLog } from "@/db/schema";
import { audit } from "@/server/core/audit";
import type { ServiceContext } from "@/server/core/context";
import { testContext, testDatabase, until, urlOf } from "@/tests/support";
import { checkpointNext, publicKeys } from "./checkpoint";
import { chainRange, exportChain } from "./export-chain";
import { sealNext } from "./seal";
import { ChainVerifier, readKeys } from "./verifier.mjs";

const program = join(process.cwd(), "node_modules", ".cache", "quarterdeck-tests", `sealer-${process.pid}.mjs`);
const children = new Set<ChildProcess>();
let db: Database;
let ctx: ServiceContext;
beforeAll(async () => {
	db = await testDatabase();
	ctx = await testContext(db);
	await build({
		entryPoints: ["tests/support/sealer-child.ts"],
		outfile: program,
		bundle: true,
		platform: "node",
		format: "esm",
		packages: "external",
		target: "node24",
	});
}, 120_000);
afterEach(() => {
	for (const child of children) child.kill("SIGKILL");
	children.clear();
});

async function startSealer(): Promise<ChildProcess> {
	const env = {
		NODE_ENV: "test",
		PATH: process.env.PATH,
		DATABASE_URL: urlOf(db),
		QD_AUTH_SECRET: inject("authSecret"),
	};
	const child = fork(program, { env: env as NodeJS.ProcessEnv });
	children.add(child);
	await once(child, "message");
	return child;
}

async function kill(child: ChildProcess): Promise<void> {
	const gone = once(child, "exit");
	child.kill("SIGKILL");
	await gone;
}

let written = 0;
const write = async (count: number) => {
	for (let n = 0; n < count; n++)
		await audit(ctx, db.orm, { action: "thing.do", resource: "thing", detail: { n: written++ } });
};

/** I5: the chain verifies, and holds every entry exactly once. */
async function expectAll(): Promise<void> {
	// What the killed one held is given up when the database notices that it is gone.
	await until(async () => {
		await sealNext(db);
		const [waiting] = await db.sql`select from audit_pending limit 1`;
		return !waiting;
	}, 20_000);
	const checkpoint = await checkpointNext(db, true);
	const keys = readKeys(await publicKeys(db.orm));
	const verifier = new ChainVerifier({ keys, checkpoints: checkpoint ? [checkpoint] : [] });
	for await (const { line } of exportChain(db, await chainRange(db))) verifier.take(Buffer.from(line));
	expect(verifier.end()).toMatchObject({ isValid: true, to: written });
	const rows = await db.orm.select({ detail: auditEntries.detail }).from(auditEntries);
	expect(new Set(rows.map(({ detail }) => detail.n)).size).toBe(written);
}

test("kill -9 in mid-batch leaves nothing half sealed, and the next sealer goes on", async () => {
	await write(50);
	const reached = Promise.withResolvers<void>();
	const over = Promise.withResolvers<void>();
	// The sealer has read its batch and made its hashes when it comes to this row.
	const holder = db.transaction(async (tx) => {
		await tx.execute(sql`select from audit_chain for update`);
		reached.resolve();
		await over.promise;
	});
	await reached.promise;
	const child = await startSealer();
	await until(async () => {
		const [waiting] =
			await db.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
		return waiting;
	});
	await kill(child);
	over.resolve();
	await holder;
	await expectAll();
});

test("sealers that are killed again and again, two at a time, while people write", async () => {
	let isWriting = true;
	const writing = (async () => {
		while (isWriting) await write(20);
	})();
	for (let round = 0; round < 3; round++) {
		const [one, two] = await Promise.all([startSealer(), startSealer()]);
		const before =
			(await db.orm.select({ seq: auditLog.seq }).from(auditLog).orderBy(sql`seq desc`).limit(1))[0]?.seq ?? 0;
		await until(async () => {
			const [row] = await db.sql`select from audit_log where seq > ${before + 10}`;
			return row;
		});
		await Promise.all([kill(one), kill(two)]);
	}
	isWriting = false;
	await writing;
	await expectAll();
}, 120_000);
