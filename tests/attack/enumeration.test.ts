import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { useDatabase } from "@/server/core/database";
import { testDatabase } from "@/tests/support";
import { type Account, askTokens, testAccount } from "@/tests/support/programs";

// T17: nothing tells whether an account exists: not the status, not the words, not the time.

let db: Database;
let accounts: Account[];
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	accounts = await Promise.all(Array.from({ length: 40 }, () => testAccount(db)));
});

async function timed(work: () => Promise<Response>): Promise<{ ms: number; said: string }> {
	const started = performance.now();
	const answer = await work();
	const body = (await answer.text()).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "id");
	return { ms: performance.now() - started, said: `${answer.status} ${body}` };
}

const asks: Record<string, (email: string) => Promise<Response>> = {
	"signing in for tokens": (email) =>
		askTokens({ grant_type: "password", email, password: "not their password, surely" }),
};

describe.each(Object.entries(asks))("%s", (_, ask) => {
	test("answers alike whether there is an account, in the same time", async () => {
		const known: number[] = [];
		const unknown: number[] = [];
		const said = new Set<string>();
		// In turn, so that what else the machine does meets both.
		for (const { email } of accounts) {
			for (const [times, address] of [
				[known, email],
				[unknown, `${randomUUID()}@example.test`],
			] as const) {
				const one = await timed(() => ask(address));
				times.push(one.ms);
				said.add(one.said);
			}
		}
		expect([...said]).toHaveLength(1);
		// A busy machine only ever adds to a time, so the shortest ones tell what the work is: a hash, for nobody too.
		const [some, none] = [Math.min(...known), Math.min(...unknown)];
		expect(none).toBeGreaterThan(some / 3);
		expect(some).toBeGreaterThan(none / 3);
	});
});
