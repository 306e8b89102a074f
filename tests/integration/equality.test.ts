import { eq, sql } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { agents, agentVersions, auditEntries, sessions } from "@/db/schema";
import { createAgent } from "@/server/agents/service";
import { useDatabase } from "@/server/core/database";
import { writeCounts } from "@/server/core/denials";
import { countOf, limiterOf } from "@/server/core/limiter";
import { callCounts } from "@/server/core/metrics";
import { type Role, roles } from "@/server/core/permissions";
import { paramsOf, restRoutes } from "@/server/faces/rest/routes";
import { callsPerMinute } from "@/server/trpc/limits";
import { testContext, testDatabase, testUser } from "@/tests/support";
import {
	type Caller,
	overMcp,
	overRest,
	overRpc,
	overTool,
	type Procedure,
	procedures,
	type Said,
} from "@/tests/support/faces";
import { restClient } from "@/tests/support/rest";
import { cookieOf } from "@/tests/support/session";

const callers = ["nobody", ...roles] as const;
type Who = (typeof callers)[number];
type Face = "rpc" | "rest" | "tool" | "mcp";

let db: Database;
let agentId: string;
const people = new Map<Who, Caller>();
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	for (const role of callers) people.set(role, await caller(role));
	const owner = await testContext(db, { role: "owner" });
	agentId = (
		await createAgent(owner, {
			...{ name: "For all", description: "", access: "everyone" as const },
			...{ promptVersionId: null, collectionIds: null },
		})
	).id;
});

/** Signed in, and with a fresh proof: agents and programs are asked for none. */
async function caller(role: Who): Promise<Caller> {
	const actor = role === "nobody" ? null : await testUser(db, { role: role satisfies Role });
	const cookie = actor ? await cookieOf(db, actor) : "";
	if (actor) await db.orm.update(sessions).set({ provedAt: sql`now()` }).where(eq(sessions.userId, actor.userId));
	return { actor, cookie, rest: await restClient(db, actor, cookie || undefined) };
}

function personIn(role: Who): Caller {
	const person = people.get(role);
	if (!person) throw new Error(`nobody is ${role}`);
	return person;
}

function ask(face: Face, procedure: Procedure, person: Caller, input: Record<string, unknown>): Promise<Said> {
	switch (face) {
		case "rpc":
			return overRpc(procedure, person, input);
		case "rest":
			return overRest(procedure, person, input);
		case "tool":
			return overTool(procedure, person, input, { db, agentId });
		case "mcp":
			return overMcp(procedure, person, input);
	}
}

/** The faces that a caller can come by; an agent works for somebody. */
const facesOf = ({ meta }: Procedure, { actor }: Caller): Face[] => [
	...(meta.rest ? (["rest"] as const) : []),
	...(meta.tool && actor ? (["tool", "mcp"] as const) : []),
];

/** Points that were taken from whoever called, by themselves or through an agent. */
async function pointsOf({ meta }: Procedure, { actor }: Caller): Promise<number> {
	const limit = { name: meta.limit, points: callsPerMinute(meta.limit) };
	const names = actor ? [`user ${actor.userId}`, `agent ${actor.userId}`] : ["unknown"];
	const counts = [true, false].flatMap((isSensitive) =>
		names.map((name) => countOf(limiterOf({ ...limit, isSensitive }), name)),
	);
	return (await Promise.all(counts)).reduce((sum, one) => sum + one, 0);
}

/** A call, and what it left behind: rows of the audit, calls that were counted, points that were taken. */
async function traced(face: Face, procedure: Procedure, person: Caller, input: Record<string, unknown>) {
	// What is refused again within a minute would be counted instead of written, and no count's minute may end in between.
	await writeCounts();
	(globalThis as { quarterdeckLimiters?: Map<string, unknown> }).quarterdeckLimiters?.clear();
	const [rows, points] = await Promise.all([db.orm.$count(auditEntries), pointsOf(procedure, person)]);
	const calls = callCounts().get(procedure.path)?.calls ?? 0;
	const { code } = await ask(face, procedure, person, input);
	const [rowsNow, pointsNow] = await Promise.all([db.orm.$count(auditEntries), pointsOf(procedure, person)]);
	return {
		code,
		rows: rowsNow - rows,
		calls: (callCounts().get(procedure.path)?.calls ?? 0) - calls,
		points: pointsNow - points,
	};
}

const routes = new Map(restRoutes().map((route) => [route.name, route]));
/** What no procedure takes: its decision is then made by identity, permission and input alone. */
function refused({ path, meta }: Procedure): Record<string, unknown> {
	const route = routes.get(path);
	const inPath = Object.fromEntries((route ? paramsOf(route) : []).map((name) => [name, "no such id"]));
	return { ...inPath, ...(meta.isUpload ? {} : { noProcedureTakesThis: "x" }) };
}

const asked = procedures.filter(({ type, meta }) => type !== "subscription" && meta.limit !== "signIn");

describe("every face decides alike for every role, and leaves the same behind", () => {
	test.each(asked.map((one) => [one.path, one] as const))("%s", async (_, procedure) => {
		const input = refused(procedure);
		for (const role of callers) {
			const person = personIn(role);
			const rpc = await traced("rpc", procedure, person, input);
			expect([role, rpc.calls]).toEqual([role, 1]);
			expect(rpc.points, role).toBe(rpc.code === "FORBIDDEN" || rpc.code === "UNAUTHENTICATED" ? 0 : 1);
			if (rpc.code === "FORBIDDEN") expect([role, rpc.rows]).toEqual([role, 1]);
			for (const face of facesOf(procedure, person))
				expect({ role, face, ...(await traced(face, procedure, person, input)) }).toEqual({ role, face, ...rpc });
		}
	});
});

/** Reads that need nothing: what they answer holds still, but for clocks and counts. */
const moving = new Set([
	"system.health",
	"system.metrics",
	"jobs.overview",
	"procedures.list",
	"audit.list",
	"audit.status",
]);
const reads = asked.filter(
	({ path, type, meta }) => type === "query" && meta.rest && !moving.has(path) && meta.input.safeParse({}).success,
);

describe("every face answers alike, for every role", () => {
	test.each(reads.map((one) => [one.path, one] as const))("%s", async (_, procedure) => {
		for (const role of callers) {
			const person = personIn(role);
			const rpc = await ask("rpc", procedure, person, {});
			for (const face of facesOf(procedure, person)) {
				const other = await ask(face, procedure, person, {});
				expect([role, face, other.code]).toEqual([role, face, rpc.code]);
				if (rpc.code === "OK") expect(plain(other.answer), face).toEqual(plain(rpc.answer));
			}
		}
	});
});

test("a row that is not what it was promised to be is our fault, on every face", async () => {
	const procedure = procedures.find(({ path }) => path === "agents.list");
	if (!procedure) throw new Error("there is no agents.list");
	const staff = personIn("staff");
	const [before] = await db.orm.select({ at: agents.publishedVersionId }).from(agents).where(eq(agents.id, agentId));
	const [broken] = await db.orm
		.insert(agentVersions)
		.values({ agentId, version: 1_000, graph: "another" as never })
		.returning({ id: agentVersions.id });
	const point = (to: string | null | undefined) =>
		db.orm.update(agents).set({ publishedVersionId: to }).where(eq(agents.id, agentId));
	await point(broken?.id);
	try {
		for (const face of ["rpc", ...facesOf(procedure, staff)] as const)
			expect([face, (await ask(face, procedure, staff, {})).code]).toEqual([face, "INTERNAL"]);
		const { status, body } = await staff.rest("GET /agents");
		expect({ status, ...body }).toMatchObject({ status: 500, code: "INTERNAL", requestId: expect.any(String) });
		expect(body).not.toHaveProperty("errors");
	} finally {
		await point(before?.at);
	}
});

const plain = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer));
