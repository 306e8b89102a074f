import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const root = process.cwd();

/** What somebody writes against a client that was generated from the document; what it got is printed. */
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

/**
 * Generates types from the document that is served there, compiles a program against them, strictly, and runs it. Throws with
 * the compiler's complaints; answers with what the program printed.
 */
export async function runGeneratedClient(url: string, key: string): Promise<unknown> {
	// Inside the project, so that the client finds its packages.
	const folder = mkdtempSync(join(root, "node_modules", ".cache", "client-"));
	try {
		const document = await (await fetch(`${url}/api/v1/openapi.json`)).text();
		writeFileSync(join(folder, "openapi.json"), document);
		writeFileSync(join(folder, "package.json"), '{"type":"module"}');
		writeFileSync(join(folder, "client.ts"), program);
		const strictly = {
			target: "ES2024",
			lib: ["ES2024", "DOM"],
			module: "ESNext",
			moduleResolution: "bundler",
			strict: true,
		};
		const compilerOptions = { ...strictly, outDir: join(folder, "out"), skipLibCheck: true, types: ["node"] };
		writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.ts"] }));
		const types = [join(folder, "openapi.json"), join(folder, "types.ts")];
		await run(process.execPath, ["tests/support/openapi/types-of.mjs", ...types]);
		const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
		await run(process.execPath, [tsc, "-p", folder]).catch(({ stdout }) => {
			throw new Error(`It does not compile:\n${stdout}`);
		});
		const { stdout } = await run(process.execPath, [join(folder, "out", "client.js"), url, key]);
		return JSON.parse(stdout);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
