import { expect, test } from "vitest";
import { AuditFilter } from "@/server/audit/contract";
import { conditionsOf, filterFrom } from "./filter";

const from = (query: string) => {
	const params = new URLSearchParams(query);
	return filterFrom((name) => params.get(name));
};
const given = (query: string) => Object.fromEntries(Object.entries(from(query).filter).filter(([, value]) => value));

test("an address without conditions stands for everything", () => {
	expect(given("")).toEqual({});
	expect(from("").unusable).toEqual([]);
});

test("every condition of an address is used", () => {
	const id = "018f3c1e-0000-7000-8000-000000000001";
	const query = `user=${id}&actor=k1&via=console&action=user.create&kind=user&resource=r1&outcome=denied&address=::1&request=q1&run=${id}&from=2026-11-01T00:00:00Z&to=2026-12-01`;
	const { filter, unusable } = from(query);
	expect(unusable).toEqual([]);
	expect(AuditFilter.parse(filter)).toEqual({
		...{ userId: id, actorId: "k1", via: "console", action: "user.create", resourceKind: "user", resourceId: "r1" },
		...{ outcome: "denied", address: "::1", requestId: "q1", runId: id },
		...{ from: "2026-11-01T00:00:00.000Z", to: "2026-12-01T00:00:00.000Z" },
	});
	expect(conditionsOf(filter).map(({ name }) => name)).toHaveLength(12);
});

test("a range counts back from now, to the minute", () => {
	const { from: since = "" } = given("range=24h");
	expect(Math.abs(Date.parse(since) - (Date.now() - 86_400_000))).toBeLessThan(60_000);
	expect(since).toMatch(/:00\.000Z$/);
});

test.each([
	["user=me", "user"],
	["via=pigeon", "via"],
	["outcome=maybe", "outcome"],
	["run=7", "run"],
	["from=yesterday", "from"],
	["range=99y", "range"],
	[`action=${"x".repeat(101)}`, "action"],
])("%s can't be used, and is named", (query, name) => {
	expect(from(query).unusable).toMatchObject([{ name, why: expect.any(String) }]);
	expect(given(query)).toEqual({});
});
