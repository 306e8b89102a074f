import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import type { Role } from "@/server/core/permissions";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";
import { minimalInput } from "@/tests/support/inputs";
import { givenInputs } from "./given-inputs";
import { idCases } from "./id-cases";
import { type Kind, makers } from "./makers";

export const procedures = listProcedures(appRouter);
const byPath = new Map(procedures.map((one) => [one.path, one]));

const matrix: Record<string, "open" | Role[]> = JSON.parse(
	readFileSync(new URL("../architecture/permission-matrix.json", import.meta.url), "utf8"),
);
/** Who may call it, by role; nobody for one that strangers may call. */
export const rolesOf = (path: string): Role[] => {
	const allowed = matrix[path];
	return allowed === "open" || !allowed ? [] : allowed;
};

export const inputSchemaOf = (path: string): z.ZodType => {
	const one = byPath.get(path);
	if (!one) throw new Error(`There is no procedure ${path}`);
	return one.meta.input;
};

export const make = (kind: Kind, ctx: ServiceContext, ids: Record<string, unknown> = {}) => makers[kind](ctx, ids);

// What is unique to an object must differ from call to call.
let calls = 1;

/** The smallest input that the procedure takes, in which everything named is the caller's own; but for one field, which is left. */
export async function ownInput(path: string, ctx: ServiceContext, leave?: string): Promise<Record<string, unknown>> {
	const input = minimalInput(inputSchemaOf(path), givenInputs[path], calls++) as Record<string, unknown>;
	if (typeof input.name === "string" && !givenInputs[path]?.name) input.name = `Name ${randomUUID()}`;
	for (const [field, one] of Object.entries(idCases[path] ?? {})) {
		const value = atPath(input, field);
		// What nobody must name is left as the schema had it.
		if (field === leave || one.is === "word" || value === undefined || value === null) continue;
		setAt(input, field, await make(one.kind, ctx, input));
	}
	return input;
}

const keysOf = (path: string) => path.replaceAll("[]", ".0").split(".");
const atPath = (input: unknown, path: string) =>
	keysOf(path).reduce<unknown>((at, key) => (at as Record<string, unknown> | null | undefined)?.[key], input);

export function setAt(input: Record<string, unknown>, path: string, value: unknown): void {
	const keys = keysOf(path);
	keys.reduce<Record<string, unknown>>((at, key, index) => {
		const next = keys[index + 1];
		const there = typeof at[key] === "object" ? at[key] : null;
		at[key] = next === undefined ? value : (there ?? (next === "0" ? [] : {}));
		return at[key] as Record<string, unknown>;
	}, input);
}
