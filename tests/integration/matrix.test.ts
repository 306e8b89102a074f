import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import type { Actor, UserActor } from "@/server/core/actor";
import { roles } from "@/server/core/permissions";
import { listProcedures } from "@/server/procedures/catalogue";
import { contextForActor } from "@/server/trpc/context";
import { appRouter, createCaller } from "@/server/trpc/root";
import { testDatabase, testUser } from "@/tests/support";

type Caller = "anonymous" | (typeof roles)[number];
/** Which callers a procedure lets in; `open` for those that need no identity. */
type Matrix = Record<string, "open" | Caller[]>;

const file = new URL("../architecture/permission-matrix.json", import.meta.url);
const checkedIn: Matrix = JSON.parse(readFileSync(file, "utf8"));
const procedures = listProcedures(appRouter);
const callers: readonly Caller[] = ["anonymous", ...roles];

let db: Database;
const people = new Map<Caller, UserActor>();
beforeAll(async () => {
	db = await testDatabase();
	for (const role of roles) people.set(role, await testUser(db, { role }));
});

/** Whether the gate lets this caller past identity and permission, asked with an input that no procedure takes. */
async function getsIn(path: string, caller: Caller): Promise<boolean> {
	const actor: Actor = people.get(caller) ?? { kind: "anonymous" };
	const api = createCaller(contextForActor(actor, { db, requestId: randomUUID(), via: "rpc" }));
	// The path came from the router itself, so it leads to a function of the caller.
	const call = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], api) as (
		input: unknown,
	) => Promise<unknown>;
	try {
		const answer = await call({ "no procedure takes this": true });
		const stream = answer as Partial<AsyncGenerator> | undefined;
		if (typeof stream?.next === "function") await stream.next();
		return true;
	} catch (error) {
		const code = (error as { code?: string }).code;
		return code !== "UNAUTHORIZED" && code !== "FORBIDDEN";
	}
}

describe("permission matrix", () => {
	test.each(procedures.map(({ path }) => path))("%s", async (path) => {
		const allowed: Caller[] = [];
		for (const caller of callers) if (await getsIn(path, caller)) allowed.push(caller);
		const expected = checkedIn[path];
		expect(allowed).toEqual(expected === "open" ? callers : expected);
	});
});
