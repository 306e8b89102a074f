import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { openApiDocument } from "./document";

const folder = mkdtempSync(join(tmpdir(), "quarterdeck-openapi-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the document is a valid OpenAPI 3.1, without a complaint of the linter", async () => {
	const file = join(folder, "openapi.json");
	writeFileSync(file, JSON.stringify(openApiDocument()));
	const redocly = join(process.cwd(), "node_modules", "@redocly", "cli", "bin", "cli.js");
	const env = { ...process.env, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
	const words = [redocly, "lint", file, "--extends", "recommended", "--format", "json"];
	const { stdout } = await promisify(execFile)(process.execPath, words, { env, cwd: folder }).catch(
		(failure) => failure,
	);
	const { totals, problems } = JSON.parse(stdout) as {
		totals: object;
		problems: { ruleId: string; message: string; location: { pointer: string }[] }[];
	};
	expect(problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`)).toEqual([]);
	expect(totals).toMatchObject({ errors: 0, warnings: 0 });
});
