import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { useDatabase } from "@/server/core/database";
import { inngest } from "@/server/jobs/client";
import { knowledgeJobs } from "@/server/knowledge/jobs";
import { answerRpc, isRpc } from "@/server/trpc/node-door";
import { testDatabase, testUser } from "@/tests/support";
import { testEngine } from "@/tests/support/jobs";
import { restClient } from "@/tests/support/rest";

const run = promisify(execFile);
const folder = join(process.cwd(), "node_modules", ".cache", "quarterdeck", `import-${process.pid}`);
let address: string;
let key: string;
const server = createServer((asked, response) => {
	if (isRpc(asked)) return void answerRpc(asked, response);
	response.writeHead(404).end();
});
let db: Database;
beforeAll(async () => {
	db = await testDatabase();
	useDatabase(db);
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	// A server that listens on a port has an address of this form.
	address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const call = await restClient(db, await testUser(db, { role: "builder" }));
	const scopes = ["account:read", "knowledge:read", "knowledge:write"];
	const made = await call("POST /keys", { body: { name: "clients", scopes, expiresInDays: 1 } });
	key = String(made.body.secret);
	expect(made.status, made.text).toBe(201);
	mkdirSync(folder, { recursive: true });
});
afterAll(() => {
	server.close();
	rmSync(folder, { recursive: true, force: true });
});

test("the README's commands do what they say", async () => {
	const readme = readFileSync("examples/rest/README.md", "utf8");
	const commands = [...readme.matchAll(/```sh\n(.*?)```/gs)]
		.map(([, text = ""]) => text)
		.filter((text) => text.includes("curl"));
	const env = { ...process.env, QUARTERDECK: address, KEY: key };
	const said: Record<string, unknown>[] = [];
	for (const command of commands) {
		const { stdout } = await run("bash", ["-euc", command], { env });
		said.push(JSON.parse(stdout));
	}
	expect(said).toMatchObject([
		{ name: "Robin Tester" },
		{ name: "From curl", access: "private" },
		{ rows: [{ id: expect.any(String), name: "From curl", access: "private" }], next: null },
		{ uploadId: expect.any(String), size: 46 },
		{ status: 400, code: "INVALID_INPUT", errors: [{ field: "/filter/colour" }] },
	]);
});

test("npm run import brings a folder in, waits until it is read, and says what was not", async () => {
	const source = join(folder, "handbook");
	mkdirSync(join(source, "deeper"), { recursive: true });
	writeFileSync(join(source, "leave.md"), "# Leave\n\nFourteen weeks.");
	writeFileSync(join(source, "deeper", "broken.pdf"), "no PDF");
	writeFileSync(join(source, "tool.exe"), "MZ");
	await testEngine(db, inngest, [...knowledgeJobs]);
	const env = { ...process.env, QD_KEY: key, QD_URL: address };
	const bring = (...words: string[]) =>
		run(process.execPath, ["scripts/import.mjs", ...words], { env }).catch(
			(error: { code: number; stdout: string }) => error,
		);
	const { stdout } = await bring(source, "--collection", "Handbook");
	expect(stdout).toContain("not taken  tool.exe: Files ending in");
	expect(stdout).toContain("failed     broken.pdf: The file's ending says a PDF");
	expect(stdout).toContain("ready      1 of 2 documents in Handbook");
	// Once more: what is there is found, and nothing is done twice.
	expect((await bring(source, "--collection", "Handbook")).stdout).toContain("ready      1 of 2 documents in Handbook");
	expect(await bring(source)).toMatchObject({ code: 1, stderr: expect.stringContaining("How to call it") });
}, 120_000);
