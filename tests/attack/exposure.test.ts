import { beforeAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import type { Database } from "@/db/connection";
import { requireUser } from "@/server/core/context";
import type { Permission } from "@/server/core/permissions";
import { testContext } from "@/tests/support";
import { agentsDatabase } from "@/tests/support/agents";
import { callAs } from "@/tests/support/call";
import { fieldsOf } from "@/tests/support/id-fields";
import { defOf } from "@/tests/support/inputs";
import { snapshot } from "@/tests/support/snapshot";
import { idCases } from "./id-cases";
import { make, ownInput, procedures, rolesOf } from "./own-input";
import { people } from "./people";

// T7 and T8: what goes in beside what an input names, and what comes out beside what an output names.

let db: Database;
const person = people(() => db);
beforeAll(async () => {
	({ db } = await agentsDatabase());
});

const closed = procedures.filter(({ meta }) => meta.permission !== null);
const mutations = closed.filter(({ type, meta }) => type === "mutation" && !meta.isUpload);

/** Fields that callers must never set by themselves, anywhere. */
const planted: Record<string, unknown> = {
	...{ role: "owner", roles: ["owner"], permissions: ["owners:write"], scopes: ["owners:write"], isAdmin: true },
	...{ ownerId: "", userId: "", createdBy: "", tenantId: "", onBehalfOf: "", actor: { kind: "user" } },
	...{ id: "", createdAt: new Date(0), updatedAt: new Date(0), version: 99, isDefault: true, disabledAt: null },
	...{ passwordHash: "x", emailVerified: true, quota: 1e9, approved: true, provedAt: new Date(), via: "console" },
};

/** Whoever guesses too often is not even read. */
const refused = { code: expect.stringMatching(/^(BAD_REQUEST|TOO_MANY_REQUESTS)$/) };

describe("a field that an input doesn't name is refused, and nothing happens", () => {
	test.each(mutations)("$path", async ({ path, meta }) => {
		const b = await person("owner");
		const own = defOf(meta.input);
		const input = await ownInput(path, b);
		const before = await snapshot(db);
		for (const [key, value] of Object.entries(planted)) {
			if (own.type === "object" && key in own.shape) continue;
			expect(await callAs(db, b.actor, path, { ...input, [key]: value }), key).toMatchObject(refused);
		}
		const polluted = JSON.parse(`{"__proto__": {"role": "owner"}, "constructor": {"prototype": {"isAdmin": true}}}`);
		expect(await callAs(db, b.actor, path, { ...input, ...polluted })).toMatchObject(refused);
		expect(await snapshot(db)).toEqual(before);
		expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
	});
});

describe("an answer holds what its output names, and nothing else", () => {
	test.each(closed.filter(({ meta }) => !meta.isUpload))("$path", async ({ path, meta, type }) => {
		for (const role of rolesOf(path)) {
			const b = await person(role);
			const outcome = await callAs(db, b.actor, path, await ownInput(path, b));
			if (outcome.code !== "OK") {
				// Some changes need a state that a fresh object is not in; none may fail by our fault.
				expect(outcome.code, `${role}: ${outcome.message}`).toMatch(
					/CONFLICT|FORBIDDEN|PRECONDITION|BAD_REQUEST|NOT_FOUND|TOO_MANY/,
				);
				continue;
			}
			const answer = type === "subscription" ? dataOf(outcome.answer) : outcome.answer;
			expect(unnamed(meta.output, answer), role).toEqual([]);
			expect(JSON.stringify(answer) ?? "").not.toContain("$argon2");
		}
	});
});

/** An event comes as [id, data, …]; a stream that said nothing has none. */
const dataOf = (event: unknown) => (Array.isArray(event) ? event[1] : null);

/** Keys of a value that its schema doesn't name, by their path. */
function unnamed(schema: z.core.$ZodType, value: unknown, path = ""): string[] {
	if (value === null || value === undefined) return [];
	const def = defOf(schema);
	switch (def.type) {
		case "object":
			return Object.entries(value).flatMap(([key, field]) => {
				const known = def.shape[key];
				return known ? unnamed(known, field, `${path}.${key}`) : [`${path}.${key}`];
			});
		case "array":
			return (value as unknown[]).flatMap((one) => unnamed(def.element, one, `${path}[]`));
		case "union": {
			const found = def.options.map((option) => unnamed(option, value, path));
			return found.some((keys) => keys.length === 0) ? [] : (found[0] ?? []);
		}
		case "optional":
		case "nullable":
		case "default":
		case "readonly":
			return unnamed(def.innerType, value, path);
		case "pipe":
			return unnamed(def.out, value, path);
		case "lazy":
			return unnamed(def.getter(), value, path);
		default:
			return [];
	}
}

test("no output has a field for what is secret", () => {
	const harmless = new Set([
		// Its place in the chain.
		"audit.list: rows[].hash",
		// What an approval names: the arguments stand beside it.
		...["get", "approve", "reject", "answerOwn", "edit"].flatMap((verb) => [
			`approvals.${verb}: argumentsHash`,
			`approvals.${verb}: edit.argumentsHash`,
		]),
		// What a definition comes to that stands beside it.
		...["get", "add", "change", "refresh"].map((verb) => `remotes.${verb}: tools[].hash`),
		"remotes.setTool: hash",
		// Shown once, to whoever is making it.
		"factors.startTotp: secret",
		"keys.create: secret",
		"keys.rotate: secret",
		"oauth.createProgram: secret",
		"triggers.addWebhook: secret",
		"triggers.rotate: secret",
	]);
	const secret = procedures.flatMap(({ path, meta }) =>
		fieldsOf(meta.output)
			.filter((field) => /hash|secret|password|cipher|salt|privateKey|token/i.test(field.path))
			// Whether there is one is no secret, nor are counts of a model's tokens.
			.filter(({ schema }) => !["boolean", "number", "literal"].includes(defOf(schema).type))
			.map((field) => `${path}: ${field.path}`)
			.filter((field) => !harmless.has(field)),
	);
	expect(secret).toEqual([]);
});

/** They show what others did or have: that is what they are for. */
const overseeing =
	/^((approvals|audit|jobs|users|access|mail|procedures)\.|keys\.listAll$|budgets\.(list|listCalls|usage)$|insights\.(everybody|export)$)/;

/** They show what others have to whoever holds this permission, and to nobody else. */
const overseenWith: Record<string, Permission> = { "traces.list": "traces:oversee" };

describe("what somebody else has is in no list", () => {
	test.each(closed.filter(({ path, type }) => type === "query" && !overseeing.test(path)))(
		"$path",
		async ({ path }) => {
			const a = await testContext(db, { role: "staff", name: "A" });
			const kinds = Object.values(idCases).flatMap((fields) =>
				Object.values(fields).flatMap((one) => (one.is === "own" ? [one.kind] : [])),
			);
			const ids: string[] = [];
			for (const kind of new Set(kinds)) ids.push(JSON.stringify(await make(kind, a)));
			for (const role of rolesOf(path)) {
				const b = await person(role);
				const overseer = overseenWith[path];
				if (overseer && requireUser(b).permissions.has(overseer)) continue;
				const said = JSON.stringify(await callAs(db, b.actor, path, await ownInput(path, b)));
				for (const id of ids.filter((one) => one.startsWith('"'))) expect(said).not.toContain(id);
			}
		},
	);
});
