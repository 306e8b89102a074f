import { sql } from "drizzle-orm";
import type { Inngest } from "inngest";
import { Database } from "@/db/connection";
import { createEngine } from "@/server/jobs/engine";
import { silent, testClient } from "./job-client";

/** Five steps that leave a mark when they begin and when they end; `hangIn` never ends. */
export function fiveSteps(inngest: Inngest, db: Database, hangIn?: string) {
	const mark = (step: string, phase: string) =>
		db.orm.execute(sql`insert into marks (step, phase, pid) values (${step}, ${phase}, ${process.pid})`);
	return inngest.createFunction({ id: "five", retries: 2, triggers: [{ event: "five/asked" }] }, async ({ step }) => {
		for (const name of ["one", "two", "three", "four", "five"])
			await step.run(name, async () => {
				await mark(name, "begin");
				if (name === hangIn) await new Promise(() => {});
				await mark(name, "end");
				return name;
			});
		return "all five";
	});
}

export const createMarks = (db: Database) =>
	db.orm.execute(sql`create table marks (step text, phase text, pid int, at timestamptz default clock_timestamp())`);

// As a program: a worker process that a test kills.
const [, program, url, hangIn] = process.argv;
if (program?.endsWith("jobs-worker.mjs") && url) {
	const db = new Database({ url, pool: 5 });
	const client = testClient(db);
	const functions = [fiveSteps(client, db, hangIn)];
	await createEngine({ database: db, client, functions, slots: 2, log: silent, backoff: () => 0 }).start();
}
