import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { build } from "esbuild";
import { expect, type Page, test } from "playwright/test";
import type { Talk } from "../support/foreign-page";
import { owner, ownerWithHandbook, type Standing, stand } from "./standing";

// Pages of other origins: those that QD_CORS_ORIGINS lists call with a key, the others don't.

let standing: Standing;
let site: Server;
let port: number;
test.beforeAll(async () => {
	test.setTimeout(180_000);
	const { outputFiles } = await build({
		...{ entryPoints: ["tests/support/foreign-page.ts"], bundle: true, write: false },
		...{ platform: "browser", format: "iife", target: "es2023" },
	});
	const script = outputFiles[0]?.text ?? "";
	site = createServer(({ url }, response) => {
		const isScript = url === "/app.js";
		response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
		response.end(isScript ? script : '<!doctype html><title>Theirs</title><script src="/app.js"></script>');
	});
	await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
	// A server that listens on a port has an address of this form.
	port = (site.address() as AddressInfo).port;
	standing = await stand({ QD_CORS_ORIGINS: `http://127.0.0.1:${port}` });
});
test.afterAll(async () => {
	site?.close();
	await standing?.remove();
});

const question = "How many days of annual leave do staff get?";
const talk = (on: Page, key: string): Promise<Talk> =>
	on.evaluate(
		([url, secret, asked]) =>
			(globalThis as unknown as { talk: (...given: string[]) => Promise<Talk> }).talk(
				url ?? "",
				secret ?? "",
				asked ?? "",
			),
		[standing.url, key, question],
	);

test("a page that is listed talks through the official clients of LangGraph and OpenAI; one that is not gets nothing", async ({
	page,
}) => {
	const api = await ownerWithHandbook(standing);
	await api.auth.prove.mutate({ password: owner.password });
	const scopes = ["agents:read", "runs:read", "runs:write", "threads:read", "threads:write", "knowledge:read"] as const;
	const { secret } = await api.keys.create.mutate({
		...{ name: "Their page", scopes: [...scopes], expiresInDays: 1 },
		...{ addresses: [], tokensPerDay: null, callsPerMinute: null },
	});

	await page.goto(`http://127.0.0.1:${port}/`);
	const said = await talk(page, secret);
	expect(said).toMatchObject({ models: expect.arrayContaining(["Assistant"]), threads: 1, stored: said.streamed });
	expect(said.streamed).toContain("25 days of annual leave");
	expect(said.completed).toContain("25 days of annual leave");
	expect(await api.runs.get.query({ runId: said.runId })).toMatchObject({ question, answer: said.stored });

	await page.goto(`http://localhost:${port}/`);
	await expect(talk(page, secret)).rejects.toThrow(/fetch/i);
	expect((await api.threads.list.query({})).rows).toHaveLength(1);
});
