import { expect, test } from "vitest";
import { testDatabase, until, urlOf } from "@/tests/support";
import { cuttable } from "@/tests/support/cuttable";
import { Database, isDatabaseAway } from "./connection";

test("connections that end at any moment leave nobody deaf, and a failed attempt to listen does not spoil the next", async () => {
	const admin = await testDatabase();
	const failures: unknown[] = [];
	for (let round = 0; round < 40; round += 1) {
		const db = new Database({ url: urlOf(admin), pool: 2, name: `listener-${round}` });
		const heard = new Set<string>();
		let isOver = false;
		// As PostgreSQL does when it stops: the word that the connection is over, then its end.
		const ending = (async () => {
			while (!isOver)
				await admin.sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = ${`listener-${round}`}`;
		})();
		const attempts = Array.from({ length: 8 }, async (_, n) => {
			await new Promise((resolve) => setTimeout(resolve, n * 4));
			await db.listen("news", (payload) => heard.add(`${n} ${payload}`)).catch((error) => failures.push(error));
		});
		await Promise.all(attempts);
		isOver = true;
		await ending;
		// The end of the last one may not have come to us yet.
		const last = () => db.listen("news", (payload) => heard.add(`last ${payload}`));
		await until(() => last().then(Boolean, () => false), 5_000);
		await admin.sql.notify("news", "berth 4");
		await until(() => heard.has("last berth 4"), 5_000);
		await db.close();
	}
	expect(failures.length).toBeGreaterThan(0);
	expect(failures.filter((error) => !isDatabaseAway(error))).toEqual([]);
}, 60_000);

test("who listens hears again after the database was away, and is told that something may have been missed", async () => {
	const admin = await testDatabase();
	const line = await cuttable(urlOf(admin));
	const db = new Database({ url: line.url, pool: 2 });
	const heard: string[] = [];
	let times = 0;
	await db.listen(
		"news",
		(payload) => heard.push(payload),
		() => {
			times += 1;
		},
	);
	const other = await db.listen("weather", (payload) => heard.push(payload));
	other();
	line.cut();
	await expect(db.listen("late", () => {})).rejects.toSatisfy(isDatabaseAway);
	line.mend();
	await until(() => times === 2, 5_000);
	await admin.sql.notify("weather", "fog");
	await admin.sql.notify("news", "berth 5");
	await until(() => heard.length > 0, 5_000);
	expect(heard).toEqual(["berth 5"]);
	await db.close();
	await line.stop();
});
