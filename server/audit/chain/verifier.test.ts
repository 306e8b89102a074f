import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import type { Database, Tx } from "@/db/connection";
import { auditChain, auditPersonal } from "@/db/schema";
import { audit } from "@/server/core/audit";
import { testContext, testDatabase } from "@/tests/support";
import { checkpointNext, publicKeys } from "./checkpoint";
import { entryHash, eventText, inMs, type ToldRow, toldColumns } from "./event";
import { chainRange, exportChain } from "./export-chain";
import { sealNext } from "./seal";
import { pushCheckpoints } from "./sinks";
import type { ChainResult } from "./verifier.mjs";

// T45: whoever owns the database does as they like with it. What they can't reach is the file of signed checkpoints.

let db: Database;
let folder: string;
const file = (name: string) => join(folder, name);
const checkpoints = () => join(process.env.QD_DATA ?? "", "audit", "checkpoints.jsonl");

beforeAll(async () => {
	folder = await mkdtemp(join(inject("temporary"), "verify-"));
});

/** 40 entries; signed after 20 and after 40. */
beforeEach(async () => {
	await rm(join(process.env.QD_DATA ?? "", "audit"), { recursive: true, force: true });
	db = await testDatabase();
	await write(20);
	await checkpointNext(db, true);
	await write(20);
	await sign();
});

async function write(count: number): Promise<void> {
	const ctx = await testContext(db, { name: "Ana Actor" });
	for (let n = 0; n < count; n++)
		await audit(ctx, db.orm, {
			action: "user.update",
			resource: "user",
			resourceId: "018f3c1e-0000-7000-8000-000000000001",
			before: { name: "Old Name", role: "staff" },
			after: { name: "Nëw Náme 𝒳", role: "admin", n: 0.1 + n },
		});
	while ((await sealNext(db)) > 0);
}

async function sign(): Promise<void> {
	await checkpointNext(db, true);
	await pushCheckpoints(db, []);
}

/** As the owner of the database, whom no trigger holds. */
const tamper = (work: (tx: Tx) => Promise<unknown>) =>
	db.transaction(async (tx) => {
		await tx.execute(sql`set local session_replication_role = replica`);
		await work(tx);
	});

async function exportTo(name: string): Promise<string> {
	const lines: string[] = [];
	for await (const { line } of exportChain(db, await chainRange(db))) lines.push(line);
	await writeFile(file(name), `${lines.join("\n")}\n`);
	await writeFile(file("keys.pem"), await publicKeys(db.orm));
	return file(name);
}

/** What the program says that auditors run. */
async function verified(exported: string, ...more: string[]): Promise<ChainResult> {
	const words = [
		"scripts/audit-verify.mjs",
		exported,
		"--key",
		file("keys.pem"),
		"--checkpoint",
		checkpoints(),
		"--json",
	];
	const said = await new Promise<string>((resolve) =>
		execFile(process.execPath, [...words, ...more], { env: { NODE_ENV: "test" } }, (_, stdout, stderr) =>
			resolve(stdout || stderr),
		),
	);
	return JSON.parse(said) as ChainResult;
}
const problemOf = async () => (await verified(await exportTo("export.jsonl"))).problem;

/** New hashes for all from a number on, as somebody would who knows how they are made. */
async function rewrite(tx: Tx, from: number): Promise<void> {
	const rows = await tx.execute<ToldRow & { seq: string; sealed: string; actor: string; subject: string | null }>(sql`
		select ${toldColumns}, l.seq, ${inMs(sql.raw("l.sealed_at"))} as sealed, encode(actor_commitment, 'hex') as actor,
			encode(subject_commitment, 'hex') as subject from audit_log l where seq >= ${from} order by seq`);
	const [before] = await tx.execute<{ hash: Buffer }>(sql`select hash from audit_log where seq = ${from - 1}
		union all select sha256(convert_to(chain::text, 'UTF8')) from audit_chain where ${from} = 1`);
	let root = before?.hash ?? Buffer.alloc(32);
	for (const row of rows) {
		const sealing = { sealedAt: Number(row.sealed), actor: row.actor, subject: row.subject };
		root = entryHash(root, Number(row.seq), eventText(row, sealing));
		await tx.execute(sql`update audit_log set hash = ${root} where seq = ${row.seq}`);
	}
	await tx.update(auditChain).set({ root });
}

test("an untouched chain is valid, also what is newer than the last checkpoint", async () => {
	await write(3);
	expect(await verified(await exportTo("export.jsonl"))).toMatchObject({ isValid: true, from: 1, to: 43, proven: 40 });
});

describe("the first bad entry is named when the database's owner", () => {
	test("edits an entry", async () => {
		await tamper((tx) => tx.execute(sql`update audit_log set outcome = 'denied' where seq = 7`));
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "edited" });
	});

	test.each(["before", "after", "detail", "chain"])("edits only %s", async (column) => {
		await tamper((tx) =>
			tx.execute(sql`update audit_log set ${sql.identifier(column)} = '{"role":"owner"}' where seq = 7`),
		);
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "edited" });
	});

	test("puts another name in the place of the actor's", async () => {
		await tamper((tx) =>
			tx.execute(sql`update audit_personal set actor = jsonb_set(actor, '{label}', '"Somebody Else"') where seq = 7`),
		);
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "edited" });
	});

	test("deletes an entry", async () => {
		await tamper((tx) => tx.execute(sql`delete from audit_log where seq = 7`));
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "deleted" });
	});

	test("deletes an entry and closes the gap", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`delete from audit_log where seq = 7`);
			await tx.execute(sql`update audit_log set seq = seq - 1 where seq > 7`);
			await tx.execute(sql`update audit_chain set size = 39`);
		});
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "edited" });
	});

	test("inserts an entry", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`update audit_log set seq = -seq - 1 where seq >= 7`);
			await tx.execute(sql`update audit_log set seq = -seq where seq < 0`);
			await tx.execute(sql`insert into audit_log select 7, sealed_at, 999, at, actor_kind, actor_id, user_id, chain, via, action,
				resource_kind, resource_id, outcome, reason, detail, before, after, request_id, run_id, hash, actor_commitment,
				subject_commitment from audit_log where seq = 6`);
			await tx.execute(sql`update audit_chain set size = 41`);
		});
		expect(await problemOf()).toMatchObject({ seq: 7 });
	});

	test("doubles an entry under its own number", async () => {
		await tamper((tx) =>
			tx.execute(sql`insert into audit_log select seq, sealed_at + interval '1 ms', 999, at, actor_kind, actor_id, user_id, chain,
				via, action, resource_kind, resource_id, outcome, reason, detail, before, after, request_id, run_id, hash,
				actor_commitment, subject_commitment from audit_log where seq = 7`),
		);
		expect([7, 8]).toContain((await problemOf())?.seq);
	});

	test("swaps two entries", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`update audit_log set seq = -7 where seq = 7`);
			await tx.execute(sql`update audit_log set seq = 7 where seq = 8`);
			await tx.execute(sql`update audit_log set seq = 8 where seq = -7`);
		});
		expect(await problemOf()).toMatchObject({ seq: 7, kind: "edited" });
	});

	test("cuts the newest entries off, and the chain's own note of them", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`delete from audit_log where seq > 33`);
			await tx.execute(sql`update audit_chain set size = 33, root = (select hash from audit_log where seq = 33)`);
		});
		expect(await problemOf()).toMatchObject({ seq: 34, kind: "truncated" });
	});

	test("rewrites an entry and all hashes after it", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`update audit_log set action = 'nothing.happened' where seq = 30`);
			await rewrite(tx, 30);
		});
		// Those up to 20 are proven by a checkpoint; among the others it can't be told which was the first.
		expect(await problemOf()).toMatchObject({ seq: 21, kind: "rewritten" });
	});

	test("rewrites all of it", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`update audit_log set outcome = 'done', reason = 'as it should be'`);
			await rewrite(tx, 1);
		});
		expect(await problemOf()).toMatchObject({ seq: 1, kind: "rewritten" });
	});

	test("restores an older backup, and things go on from there", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`delete from audit_log where seq > 20`);
			await tx.execute(sql`delete from audit_personal where seq > 20`);
			await tx.execute(sql`delete from audit_checkpoints where size > 20`);
			await tx.execute(sql`update audit_chain set size = 20, root = (select hash from audit_log where seq = 20)`);
		});
		await write(30);
		await sign();
		expect(await problemOf()).toMatchObject({ seq: 21, kind: "rewritten" });
		// The file of checkpoints is not written on: it is the proof, and the console says so.
		const [sink] = await db.sql`select problem from audit_sinks where name = 'file'`;
		expect(sink?.problem).toContain("this database does not have");
		expect((await readFile(checkpoints(), "utf8")).trim().split("\n")).toHaveLength(2);
	});

	test("puts another chain in its place", async () => {
		await tamper(async (tx) => {
			await tx.execute(sql`update audit_chain set chain = gen_random_uuid()`);
		});
		expect(await problemOf()).toMatchObject({ seq: 1 });
	});
});

test("two histories are seen in the checkpoints alone", async () => {
	const kept = await readFile(checkpoints(), "utf8");
	await tamper(async (tx) => {
		await tx.execute(sql`delete from audit_log where seq > 20`);
		await tx.execute(sql`delete from audit_checkpoints where size > 20`);
		await tx.execute(sql`update audit_chain set size = 20, root = (select hash from audit_log where seq = 20)`);
	});
	await write(25);
	const fork = await checkpointNext(db, true);
	const exported = await exportTo("export.jsonl");
	await writeFile(checkpoints(), `${kept}${JSON.stringify(fork)}\n`);
	expect((await verified(exported)).problem).toMatchObject({ seq: 45, kind: "fork" });
});

test("a checkpoint that was made with another key proves nothing", async () => {
	const exported = await exportTo("export.jsonl");
	const { publicKey } = generateKeyPairSync("ed25519");
	await writeFile(file("keys.pem"), publicKey.export({ format: "pem", type: "spki" }));
	expect((await verified(exported)).problem).toMatchObject({ kind: "checkpoint" });
});

test("a forged checkpoint is refused", async () => {
	const exported = await exportTo("export.jsonl");
	const text = await readFile(checkpoints(), "utf8");
	await writeFile(checkpoints(), text.replace('"size":40', '"size":39'));
	expect((await verified(exported)).problem).toMatchObject({ kind: "checkpoint", seq: 39 });
});

test("the export itself may not be cut, unless that is asked for", async () => {
	const exported = await exportTo("export.jsonl");
	const lines = (await readFile(exported, "utf8")).split("\n");
	await writeFile(exported, `${lines.slice(0, 31).join("\n")}\n`);
	expect(await verified(exported)).toMatchObject({ isValid: false, problem: { seq: 31, kind: "truncated" } });
	expect(await verified(exported, "--part")).toMatchObject({ isValid: true, to: 30, proven: 20 });
});

test.each([
	[
		"a line is edited",
		(lines: string[]) => lines.with(8, lines[8]?.replace('"outcome":"done"', '"outcome":"fine"') ?? ""),
	],
	[
		"its length is edited with it",
		(lines: string[]) => lines.with(8, lines[8]?.replace(/"bytes":\d+/, '"bytes":10') ?? ""),
	],
	["two lines are swapped", (lines: string[]) => lines.with(8, lines[9] ?? "").with(9, lines[8] ?? "")],
	["a line is taken out", (lines: string[]) => lines.toSpliced(8, 1)],
	["a line is no line", (lines: string[]) => lines.with(8, "{}")],
])("in the file, entry 8 is named when %s", async (_, edit) => {
	const exported = await exportTo("export.jsonl");
	await writeFile(exported, edit((await readFile(exported, "utf8")).split("\n")).join("\n"));
	expect(await verified(exported)).toMatchObject({ isValid: false, problem: { seq: 8 } });
});

test("erased personal data leaves the chain valid", async () => {
	await tamper((tx) =>
		tx.update(auditPersonal).set({ actor: null, actorSalt: null, subject: null, subjectSalt: null }),
	);
	const exported = await exportTo("export.jsonl");
	expect(await readFile(exported, "utf8")).not.toMatch(/Ana Actor|Old Name/);
	expect(await verified(exported)).toMatchObject({ isValid: true, to: 40, proven: 40 });
});
