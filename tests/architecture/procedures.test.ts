import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { permissions, roleMay, roles } from "@/server/core/permissions";
import { programScopes } from "@/server/oauth/contract";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";

const file = new URL("./permission-matrix.json", import.meta.url);
const procedures = listProcedures(appRouter);

const matrix = Object.fromEntries(
	procedures
		.toSorted((a, b) => a.path.localeCompare(b.path))
		.map(({ path, meta: { permission } }) => [
			path,
			permission === null ? "open" : roles.filter((role) => roleMay(role, permission)),
		]),
);

/** One line a procedure, as a reviewer reads it. */
function writeMatrix(): void {
	const lines = Object.entries(matrix).map(
		([path, who]) => `\t"${path}": ${JSON.stringify(who).replaceAll(",", ", ")}`,
	);
	writeFileSync(file, `{\n${lines.join(",\n")}\n}\n`);
}

describe("procedures", () => {
	// Who may do what is read by people: `QD_WRITE_MATRIX=1 npm run check` writes it anew, and its difference is reviewed.
	test("match the checked-in permission matrix", () => {
		if (process.env.QD_WRITE_MATRIX) writeMatrix();
		expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(matrix);
	});

	test.each(procedures)("$path names its permission, risk, input and output", ({ meta, type }) => {
		expect(meta.permission === null ? meta.openBecause : permissions.includes(meta.permission)).toBeTruthy();
		expect(["read", "write", "danger"]).toContain(meta.risk);
		expect(meta.input).toBeInstanceOf(z.ZodType);
		expect(meta.output).toBeInstanceOf(z.ZodType);
		if (type === "mutation") expect(meta.risk).not.toBe("read");
		else expect(meta.risk).toBe("read");
	});

	test("that need no identity are these, and say why", () => {
		const open = procedures.filter(({ meta }) => meta.permission === null).map(({ path }) => path);
		expect(open.toSorted()).toEqual([
			"account.confirmEmail",
			"account.forgot",
			"account.lookAtEmailChange",
			"account.lookAtReset",
			"account.resetPassword",
			"auth.createOwner",
			"auth.status",
			"invitations.accept",
			"invitations.look",
		]);
	});

	test("refuse keys that their input doesn't name", () => {
		const loose = procedures.filter(
			({ meta }) =>
				!meta.isUpload && !(meta.input instanceof z.ZodObject && meta.input.def.catchall instanceof z.ZodNever),
		);
		expect(loose.map(({ path }) => path)).toEqual([]);
	});

	test("that are tools are all that a program can ask a person for", () => {
		// Prompts are a list of their own beside the tools, and tools of others have no procedure each.
		const needed: unknown[] = [
			"prompts:read",
			"mcp-tools:use",
			...procedures.map(({ meta }) => meta.tool && meta.permission),
		];
		expect(programScopes.filter((scope) => !needed.includes(scope))).toEqual([]);
	});

	test("that a tool names have a description a model can use", () => {
		for (const { path, meta } of procedures.filter((one) => one.meta.tool !== null))
			expect(meta.tool?.length, path).toBeGreaterThan(20);
	});
});
