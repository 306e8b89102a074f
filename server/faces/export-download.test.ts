import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { beginExport, finishExport, requestExport, writePart } from "@/server/audit/service";
import type { UserActor } from "@/server/core/actor";
import { useDatabase } from "@/server/core/database";
import type { Role } from "@/server/core/permissions";
import { testContext, testDatabase, testUser } from "@/tests/support";
import { makeSealed } from "@/tests/support/audit";
import { cookieOf } from "@/tests/support/session";
import { downloadExport } from "./export-download";

let db: Database;
let owner: UserActor;
let exportId: string;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	await makeSealed(db, { count: 40, action: "<script>alert(1)</script>" });
	owner = await testUser(db, { role: "auditor" });
	const ctx = await testContext(db, owner);
	const made = await requestExport(ctx, { format: "csv", filter: {} });
	exportId = made.id;
	await beginExport(ctx, exportId);
	await writePart(ctx, exportId);
	await finishExport(ctx, exportId);
});

async function get(headers: Record<string, string>, params: { exportId: string; what: string }): Promise<Response> {
	const request = new Request(`http://localhost/api/audit-exports/${params.exportId}/${params.what}`, { headers });
	return downloadExport(request, { params: Promise.resolve(params) });
}
const as = async (who: UserActor) => ({ cookie: await cookieOf(db, who), "sec-fetch-site": "same-origin" });

describe("a download", () => {
	test("is a file to be saved, whatever is in it", async () => {
		const answer = await get(await as(owner), { exportId, what: "file" });
		expect(answer.status).toBe(200);
		expect(answer.headers.get("content-disposition")).toMatch(/^attachment; filename="audit-[\w-]+\.csv"$/);
		expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
		expect(answer.headers.get("content-security-policy")).toContain("sandbox");
		expect(answer.headers.get("cache-control")).toBe("no-store");
		const bytes = await answer.bytes();
		expect(String(bytes.length)).toBe(answer.headers.get("content-length"));
		expect(Buffer.from(bytes).toString().split("\r\n").length).toBe(42);
		const certificate = await get(await as(owner), { exportId, what: "certificate" });
		expect(
			Buffer.from(await certificate.bytes())
				.subarray(0, 4)
				.toString(),
		).toBe("%PDF");
	});

	test.each(["owner", "admin", "auditor"] satisfies Role[])("of somebody else's is not found: %s", async (role) => {
		const answer = await get(await as(await testUser(db, { role })), { exportId, what: "file" });
		const random = await get(await as(await testUser(db, { role })), { exportId: randomUUID(), what: "file" });
		const told = async (one: Response) => ({ ...(await one.json()), requestId: "" });
		expect([answer.status, await told(answer)]).toEqual([404, await told(random)]);
	});

	test("needs a session, the right, and an address of ours", async () => {
		expect((await get({}, { exportId, what: "file" })).status).toBe(401);
		const staff = await testUser(db, { role: "staff" });
		expect((await get(await as(staff), { exportId, what: "file" })).status).toBe(403);
		const foreign = { ...(await as(owner)), "sec-fetch-site": "cross-site" };
		expect((await get(foreign, { exportId, what: "file" })).status).toBe(403);
		for (const wrong of [
			{ exportId: "../../secrets.json", what: "file" },
			{ exportId, what: "../secrets.json" },
			{ exportId, what: "" },
		])
			expect((await get(await as(owner), wrong)).status).toBe(400);
	});
});
