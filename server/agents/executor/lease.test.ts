import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runs } from "@/db/schema";
import { startRun } from "@/server/runs/service";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { claimRuns, newOwner, releaseDeadLeases, renewLeases } from "./lease";

let base: Awaited<ReturnType<typeof agentsDatabase>>;
beforeAll(async () => {
	base = await agentsDatabase();
});
afterAll(() => base.checkpoints.close());

const start = async () => (await startRun(await testContext(base.db), { question: "How many days?" })).runId;
const leaseOf = async (runId: string) => {
	const [run] = await base.db.orm
		.select({
			owner: runs.leaseOwner,
			attempt: runs.attempt,
			secondsLeft: sql<number>`extract(epoch from ${runs.leaseUntil} - now())::float8`,
		})
		.from(runs)
		.where(eq(runs.id, runId));
	return run;
};
const expire = (runId: string) =>
	base.db.orm.update(runs).set({ leaseUntil: sql`now() - interval '1 second'` }).where(eq(runs.id, runId));

test("many executors at once share the runs out, each to one", async () => {
	const ids = await Promise.all(Array.from({ length: 12 }, start));
	const owners = Array.from({ length: 4 }, newOwner);
	const claimed = (await Promise.all(owners.map((owner) => claimRuns(base.db, owner, 5)))).flat();
	expect(claimed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
	for (const run of claimed) expect(run).toMatchObject({ attempt: 1, lastSeq: 0, history: [], partial: "" });
});

test("a lease that is renewed stays, one that nobody renews goes to the next", async () => {
	const [kept, orphan] = [await start(), await start()];
	const [mine, other] = [newOwner(), newOwner()];
	await claimRuns(base.db, mine, 50);
	await expire(kept);
	await expire(orphan);
	// The answer that gave us the orphan was lost: we don't know that it is ours, and must not keep it from others.
	expect(await renewLeases(base.db, mine, [kept])).toMatchObject([{ id: kept, attempt: 1, stopRequested: false }]);
	expect((await leaseOf(kept))?.secondsLeft).toBeGreaterThan(4);
	const taken = await claimRuns(base.db, other, 50);
	expect(taken.map(({ id, attempt }) => [id, attempt])).toEqual([[orphan, 2]]);
	expect(await renewLeases(base.db, mine, [kept, orphan])).toHaveLength(1);
});

test("what an executor of a dead process of this machine holds is free at once; of another machine, not before its time", async () => {
	const [here, there] = [await start(), await start()];
	await claimRuns(base.db, newOwner(), 50);
	const [machine] = newOwner().split("/");
	const setOwner = (id: string, leaseOwner: string) =>
		base.db.orm.update(runs).set({ leaseOwner }).where(eq(runs.id, id));
	// No process has this number: it is above what Linux gives out.
	await setOwner(here, `${machine}/4194999/abc`);
	await setOwner(there, "another-machine:1/4194999/abc");
	await releaseDeadLeases(base.db, newOwner());
	const ids = (await claimRuns(base.db, newOwner(), 50)).map(({ id }) => id);
	expect(ids).toEqual([here]);
});
