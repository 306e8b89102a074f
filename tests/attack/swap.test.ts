import { randomUUID } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { auditPending } from "@/db/schema";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { callAs, type Outcome } from "@/tests/support/call";
import { snapshot } from "@/tests/support/snapshot";
import { type IdCase, idCases } from "./id-cases";
import { make, ownInput, rolesOf, setAt } from "./own-input";
import { people } from "./people";

// T2 and T3: somebody else's ids, alone and beside one's own, for every procedure that takes one.

let db: Database;
let a: ServiceContext;
const person = people(() => db);
beforeAll(async () => {
	({ db } = await agentsDatabase());
	a = await testContext(db, { role: "staff", name: "A" });
});

const random = (like: string | number) => (typeof like === "number" ? 2_000_000_000 : randomUUID());

/** The smallest input in which that one field has that value and all that must stand beside it is B's own. */
async function inputWith(path: string, field: string, value: unknown, b: ServiceContext): Promise<unknown> {
	const input = await ownInput(path, b, field);
	setAt(input, field, value);
	return input;
}

/** An outcome without what differs each time: ids, moments and made-up names. */
const shape = (outcome: Outcome): unknown =>
	JSON.parse(
		JSON.stringify(outcome)
			.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "id")
			.replace(/"name":"[^"]*"/g, '"name":"name"')
			.replace(/"\d{4}-\d\d-\d\dT[^"]+"/g, '"at"'),
	);

/** Whether the audit tells that they were refused this, and what they had named. */
async function deniedOn(b: ServiceContext, path: string, id: unknown): Promise<boolean> {
	const rows = await db.orm
		.select({ resourceId: auditPending.resourceId, reason: auditPending.reason })
		.from(auditPending)
		.where(
			and(
				eq(auditPending.action, path),
				eq(auditPending.outcome, "denied"),
				eq(auditPending.userId, requireUser(b).userId),
				eq(auditPending.resourceId, String(id)),
			),
		);
	return rows.length === 1 && /not theirs/.test(rows[0]?.reason ?? "");
}

const cases = Object.entries(idCases).flatMap(([path, fields]) =>
	Object.entries(fields).map(([field, one]) => ({ path, field, one })),
);
const of = (...kinds: IdCase["is"][]) =>
	cases.flatMap(({ path, field, one }) =>
		kinds.includes(one.is) && one.is !== "word"
			? [{ path, field, kind: one.kind, overseenWith: one.is === "own" ? one.overseenWith : undefined }]
			: [],
	);

test("nobody names an object without an account", () => {
	expect(cases.filter(({ path }) => rolesOf(path).length === 0)).toEqual([]);
});

describe("somebody else's id is as if it did not exist", () => {
	test.each(of("own"))("$path: $field", async ({ path, field, kind, overseenWith }) => {
		const foreign = await make(kind, a);
		for (const role of rolesOf(path)) {
			const b = await person(role);
			if (overseenWith && requireUser(b).permissions.has(overseenWith)) continue;
			const input = await inputWith(path, field, foreign, b);
			const unknown = structuredClone(input) as Record<string, unknown>;
			setAt(unknown, field, random(foreign));
			const before = await snapshot(db);
			const answer = await callAs(db, b.actor, path, input);
			expect(answer, role).toMatchObject({ code: "NOT_FOUND" });
			expect(answer).toEqual(await callAs(db, b.actor, path, unknown));
			expect(await snapshot(db)).toEqual(before);
			expect(await deniedOn(b, path, foreign), `${role}: no entry names ${foreign}`).toBe(true);
		}
	});
});

describe("one's own id is taken, so that the refusal above was about the id", () => {
	test.each(of("own", "filter"))("$path: $field", async ({ path, field, kind }) => {
		const b = await person(rolesOf(path).at(-1) ?? "owner");
		const input = await ownInput(path, b, field);
		setAt(input, field, await make(kind, b, input));
		const answer = await callAs(db, b.actor, path, input);
		expect(["OK", "CONFLICT"], JSON.stringify(answer)).toContain(answer.code);
	});
});

describe("somebody else's id narrows a search to nothing, like one that does not exist", () => {
	test.each(of("filter"))("$path: $field", async ({ path, field, kind }) => {
		const foreign = await make(kind, a);
		for (const role of rolesOf(path)) {
			const b = await person(role);
			const answers: unknown[] = [];
			for (const value of [foreign, random(foreign)])
				answers.push(shape(await callAs(db, b.actor, path, await inputWith(path, field, value, b))));
			expect(answers[0]).toEqual(answers[1]);
			expect(answers[0]).toMatchObject({ code: expect.stringMatching(/^(OK|NOT_FOUND)$/) });
		}
	});
});

describe("an id that nothing has is not found", () => {
	test.each(of("shared"))("$path: $field", async ({ path, field, kind }) => {
		for (const role of rolesOf(path)) {
			const b = await person(role);
			const input = await inputWith(path, field, random(await make(kind, b)), b);
			const before = await snapshot(db);
			const answer = await callAs(db, b.actor, path, input);
			expect(["NOT_FOUND", "BAD_REQUEST", "FORBIDDEN", "CONFLICT"], `${role}: ${JSON.stringify(answer)}`).toContain(
				answer.code,
			);
			expect(await snapshot(db)).toEqual(before);
		}
	});
});
