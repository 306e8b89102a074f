import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import type { Database } from "@/db/connection";
import type { Actor } from "@/server/core/actor";
import { requireUser } from "@/server/core/context";
import { permissionsOfRole } from "@/server/core/permissions";
import { testDatabase, testUser } from "@/tests/support";
import { createCallerFactory, router } from "./init";
import { procedure } from "./procedure";

let db: Database;
beforeAll(async () => {
	db = await testDatabase();
});

const endless = router({
	ticks: procedure("runs:read", { risk: "read", limit: "stream" })
		.input(z.strictObject({ lastEventId: z.string().nullish() }))
		.output(z.object({ n: z.int(), grantees: z.array(z.string()) }))
		.subscription(async function* ({ ctx, input }) {
			if (input.lastEventId === "broken") yield { id: "1", data: { n: "one" as never, grantees: [] } };
			for (let n = Number(input.lastEventId ?? 0) + 1; !ctx.signal?.aborted; n += 1) {
				yield { id: String(n), data: { n, grantees: [...requireUser(ctx).grantees] } };
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
		}),
});

async function follow(identify: () => Promise<Actor>): Promise<{ seen: number; failure: unknown; ms: number }> {
	const caller = createCallerFactory(endless)({
		db,
		requestId: randomUUID(),
		via: "rpc",
		origin: { address: null, userAgent: null },
		identify,
	});
	const started = performance.now();
	let seen = 0;
	try {
		for await (const _ of await caller.ticks({})) seen += 1;
	} catch (failure) {
		return { seen, failure, ms: performance.now() - started };
	}
	return { seen, failure: null, ms: performance.now() - started };
}

test.each([
	["whose session ended", { kind: "anonymous" } as const, "UNAUTHORIZED"],
	["who lost the right", "auditor", "FORBIDDEN"],
] as const)("an open stream ends within 5 s for somebody %s", async (_, later, code) => {
	const staff = await testUser(db);
	const after: Actor = later === "auditor" ? { ...staff, permissions: new Set(permissionsOfRole(later)) } : later;
	let asked = 0;
	const { seen, failure, ms } = await follow(async () => (asked++ === 0 ? staff : after));
	expect(failure).toMatchObject({ code });
	expect(seen).toBeGreaterThan(10);
	expect(ms).toBeLessThan(5_000);
});

test("a database that is away for a moment ends no stream", async () => {
	const staff = await testUser(db);
	let asked = 0;
	const { failure, ms } = await follow(async () => {
		asked += 1;
		if (asked === 1) return staff;
		if (asked === 2) throw new Error("ECONNREFUSED");
		return { kind: "anonymous" };
	});
	expect(failure).toMatchObject({ code: "UNAUTHORIZED" });
	expect(ms).toBeGreaterThan(5_000);
});

test("whoever left a group reads on without what was the group's, and without a gap", async () => {
	const staff = await testUser(db);
	const member: Actor = { ...staff, grantees: [...staff.grantees, "a group"] };
	let asked = 0;
	const caller = createCallerFactory(endless)({
		db,
		requestId: randomUUID(),
		via: "rpc",
		origin: { address: null, userAgent: null },
		identify: async () => (asked++ === 0 ? member : staff),
	});
	const started = performance.now();
	let next = 1;
	for await (const event of await caller.ticks({})) {
		// Within the process an event is what `tracked` made: its id, then its data.
		const [, { n, grantees }] = event as unknown as [string, (typeof event)["data"]];
		expect(n).toBe(next++);
		if (!grantees.includes("a group")) break;
	}
	expect(performance.now() - started).toBeLessThan(5_000);
	expect(next).toBeGreaterThan(10);
});

test("an event that is not what its schema says is our fault, not the reader's", async () => {
	const staff = await testUser(db);
	const caller = createCallerFactory(endless)({
		db,
		requestId: randomUUID(),
		via: "rpc",
		origin: { address: null, userAgent: null },
		identify: async () => staff,
	});
	const events = await caller.ticks({ lastEventId: "broken" });
	await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
});
