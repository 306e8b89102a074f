import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { testDatabase, urlOf } from "@/tests/support";
import { cuttable } from "@/tests/support/cuttable";
import { Database, isDatabaseAway } from "./connection";

test("connections that break at any moment neither end the process nor poison the pool", async () => {
	const line = await cuttable(urlOf(await testDatabase()));
	const db = new Database({ url: line.url, pool: 6 });
	const failures: unknown[] = [];
	let isOver = false;
	let done = 0;
	const busy = Array.from({ length: 10 }, async (_, worker) => {
		while (!isOver) {
			const work = async () => {
				if (worker % 2 === 0) return void (await db.orm.execute(sql`select ${worker}::int, pg_sleep(0.002)`));
				await db.transaction(async (tx) => {
					await tx.execute(sql`select ${worker}::int`);
					await new Promise((resolve) => setTimeout(resolve, 3 * Math.random()));
					await Promise.all([tx.execute(sql`select 1`), tx.execute(sql`select 2`)]);
				});
			};
			await work().then(
				() => {
					done += 1;
				},
				(error) => failures.push(error),
			);
		}
	});
	// Where the machine has much else to do, few come through between two cuts: then it goes on until some have.
	for (let round = 0; round < 60 || done <= 10; round += 1) {
		await new Promise((resolve) => setTimeout(resolve, 20 + 40 * Math.random()));
		line.cut();
		if (round % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 80));
		line.mend();
	}
	isOver = true;
	await Promise.all(busy);
	expect(done).toBeGreaterThan(10);
	expect(failures.filter((error) => !isDatabaseAway(error))).toEqual([]);
	// Every connection of the pool serves again.
	const started = performance.now();
	await Promise.all(Array.from({ length: 30 }, () => db.orm.execute(sql`select pg_sleep(0.01)`)));
	expect(performance.now() - started).toBeLessThan(3_000);
	await db.close();
	await line.stop();
}, 60_000);
