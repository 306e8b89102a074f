import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "@/db/connection";
import { useDatabase } from "@/server/core/database";
import { openApiDocument } from "@/server/faces/rest/openapi/document";
import { inngest } from "@/server/jobs/client";
import { knowledgeJobs } from "@/server/knowledge/jobs";
import { answerRpc, isRpc } from "@/server/trpc/node-door";
import { testDatabase, testUser } from "@/tests/support";
import { testEngine } from "@/tests/support/jobs";
import { restClient } from "@/tests/support/rest";

const run = promisify(execFile);
const root = process.cwd();
// Inside the project, so that the client finds its packages.
const folder = join(root, "node_modules", ".cache", "quarterdeck", `client-${process.pid}`);
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

const program = `
import createClient from "openapi-fetch";
import type { paths } from "./types";

const [baseUrl = "", key = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: baseUrl + "/api/v1", headers: { "x-api-key": key } });
const made = await client.POST("/collections", { body: { name: "From a client", description: "", access: "private" } });
if (!made.data) throw new Error(made.error.detail);
const id: string = made.data.id;
const read = await client.GET("/collections/{collectionId}", { params: { path: { collectionId: id } } });
const etag = read.response.headers.get("etag") ?? "";
const again = await client.GET("/collections/{collectionId}", {
	params: { path: { collectionId: id }, header: { "If-None-Match": etag } },
});
const list = await client.GET("/collections", { params: { query: { limit: 1, sort: "name", "filter[name][in]": ["From a client"] } } });
const next: string | null | undefined = list.data?.next;
const wrong = await client.PATCH("/collections/{collectionId}", { params: { path: { collectionId: id } }, body: { name: "" } });
const field: string | undefined = wrong.error?.errors?.[0]?.field;
const gone = await client.DELETE("/collections/{collectionId}", { params: { path: { collectionId: id } } });
console.log(JSON.stringify([made.response.status, read.data?.name, again.response.status, list.data?.rows.length, next, field, gone.response.status]));
`;

test("a client that is generated from the document compiles, and works", async () => {
	writeFileSync(join(folder, "openapi.json"), JSON.stringify(openApiDocument()));
	writeFileSync(join(folder, "package.json"), '{"type":"module"}');
	writeFileSync(join(folder, "client.ts"), program);
	const options = {
		target: "ES2024",
		lib: ["ES2024", "DOM"],
		module: "ESNext",
		moduleResolution: "bundler",
		strict: true,
	};
	const compilerOptions = { ...options, outDir: join(folder, "out"), skipLibCheck: true, types: ["node"] };
	writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
	await run(process.execPath, [
		"tests/support/openapi/types-of.mjs",
		join(folder, "openapi.json"),
		join(folder, "types.ts"),
	]);
	const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
	const { stdout: complaints } = await run(process.execPath, [tsc, "-p", folder]).catch((failure) => failure);
	expect(complaints).toBe("");
	const { stdout } = await run(process.execPath, [join(folder, "out", "client.js"), address, key]);
	expect(JSON.parse(stdout)).toEqual([201, "From a client", 304, 1, null, "/name", 204]);
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
