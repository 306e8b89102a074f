import superjson from "superjson";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditEntries } from "@/db/schema";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import { callCounts } from "@/server/core/metrics";
import { roles } from "@/server/core/permissions";
import { paramsOf, type Route, restRoutes } from "@/server/faces/rest/routes";
import { rpcHandler } from "@/server/trpc/handler";
import { testDatabase, testUser } from "@/tests/support";
import { origin, type RestClient, restClient } from "@/tests/support/rest";
import { cookieOf } from "@/tests/support/session";

type Said = { code: string; answer: unknown };
type Person = { actor: UserActor | null; cookie: string; rest: RestClient };
const callers = ["nobody", ...roles] as const;

let db: Database;
const people = new Map<string, Person>();
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	for (const role of callers) {
		const actor = role === "nobody" ? null : await testUser(db, { role });
		const cookie = actor ? await cookieOf(db, actor) : "";
		people.set(role, { actor, cookie, rest: await restClient(db, actor, cookie || undefined) });
	}
});

async function overRpc({ name, type, meta }: Route, { cookie }: Person, input: object): Promise<Said> {
	const isRead = type === "query";
	const headers = {
		...{ host: "localhost:3000", origin, "x-qd-csrf": "1", ...(cookie ? { cookie } : {}) },
		"content-type": meta.isUpload ? "application/octet-stream" : "application/json",
	};
	const text = superjson.stringify(input);
	const address = `${origin}/api/trpc/${name}${isRead ? `?input=${encodeURIComponent(text)}` : ""}`;
	const body = meta.isUpload ? "" : text;
	const answer = await rpcHandler(new Request(address, isRead ? { headers } : { method: "POST", headers, body }));
	const said = (await answer.json()) as {
		error?: { json: { data: { problem: string } } };
		result?: { data: { json: unknown } };
	};
	return { code: said.error?.json.data.problem ?? "OK", answer: said.result?.data.json };
}

async function overRest(route: Route, { rest }: Person, input: Record<string, unknown>): Promise<Said> {
	const { method } = route.face;
	const inPath = paramsOf(route);
	const path = route.face.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name])));
	const others = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.includes(name)));
	const isQuery = method === "GET" || method === "DELETE";
	const query = isQuery ? `?${new URLSearchParams(others as Record<string, string>)}` : "";
	const raw = { body: new Uint8Array(), headers: { "content-type": "application/octet-stream" } };
	const more = route.meta.isUpload ? raw : isQuery ? {} : { body: others };
	const answer = await rest(`${method} ${path as `/${string}`}${query}`, more);
	return { code: answer.status < 400 ? "OK" : String(answer.body.code), answer: answer.body };
}

/** What one call left behind: rows of the audit, and calls that were counted. */
async function traces(name: string, work: () => Promise<Said>): Promise<{ said: Said; rows: number; calls: number }> {
	const rowsBefore = await db.orm.$count(auditEntries);
	const callsBefore = callCounts().get(name)?.calls ?? 0;
	const said = await work();
	const rows = (await db.orm.$count(auditEntries)) - rowsBefore;
	return { said, rows, calls: (callCounts().get(name)?.calls ?? 0) - callsBefore };
}

/** What no procedure takes: its decision is then made by identity, permission and input alone. */
const refused = (route: Route) => ({
	...Object.fromEntries(paramsOf(route).map((name) => [name, "no such id"])),
	...(route.meta.isUpload ? {} : { noProcedureTakesThis: "x" }),
});

const routes = restRoutes().filter(({ type, meta }) => type !== "subscription" && meta.limit !== "signIn");

describe("RPC and REST decide alike, for every role", () => {
	test.each(routes.map((route) => [route.name, route] as const))("%s", async (name, route) => {
		for (const role of callers) {
			const person = people.get(role);
			if (!person) throw new Error("nobody of that role");
			const input = refused(route);
			const rpc = await traces(name, () => overRpc(route, person, input));
			const rest = await traces(name, () => overRest(route, person, input));
			expect([role, rest.said.code, rest.rows, rest.calls]).toEqual([role, rpc.said.code, rpc.rows, rpc.calls]);
			expect(rest.calls).toBe(1);
			expect(rest.rows).toBe(rest.said.code === "FORBIDDEN" && person.actor ? 1 : rest.rows);
		}
	});
});

/** Reads that need nothing: what they answer holds still, but for clocks and counts. */
const moving = new Set(["system.health", "jobs.overview", "procedures.list", "audit.list", "audit.status"]);
const reads = routes.filter(
	({ name, type, segments, meta }) =>
		type === "query" &&
		!moving.has(name) &&
		segments.every((one) => !one.startsWith("{")) &&
		meta.input.safeParse({}).success,
);

describe("RPC and REST answer alike, for every role", () => {
	test.each(reads.map((route) => [route.name, route] as const))("%s", async (_, route) => {
		for (const role of callers) {
			const person = people.get(role);
			if (!person) throw new Error("nobody of that role");
			const [rpc, rest] = [await overRpc(route, person, {}), await overRest(route, person, {})];
			expect([role, rest.code]).toEqual([role, rpc.code]);
			if (rpc.code === "OK") expect(rest.answer).toEqual(JSON.parse(JSON.stringify(rpc.answer)));
		}
	});
});
