import { execFile, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { until } from "@/tests/support/until";
import { accounts, asConsole, call, url } from "./ask";

const { email, password } = accounts.builder;
const env = { ...process.env, PATH: `${join(process.cwd(), "node_modules", ".bin")}${delimiter}${process.env.PATH}` };

const run = async (program: string, ...words: string[]): Promise<string> =>
	(await promisify(execFile)(program, words, { env, timeout: 50_000 })).stdout;

async function makeKey(more: string[] = []): Promise<string> {
	const own = ["account:read", "agents:read", "knowledge:read", "runs:read", "runs:write", "threads:read"];
	const scopes = [...own, ...more];
	const { text } = await call("keys.create", { name: "example", scopes, expiresInDays: 1 }, asConsole("builder"));
	return JSON.parse(text).result.data.json.secret;
}

test("examples/tokens/sign-in.sh signs in, renews and signs out", async () => {
	const said = await run("sh", "examples/tokens/sign-in.sh", url, email, password);
	expect(said).toContain('"name": "builder"');
	expect(said).toMatch(/renewed, good for 600 s\nsigned out\n$/);
});

test("examples/rpc/ask.ts asks and prints the answer", async () => {
	const said = await run(
		"node",
		"examples/rpc/ask.ts",
		url,
		email,
		password,
		"How many days of leave can I carry over?",
	);
	expect(said).toMatch(/\S.*\n(succeeded|abstained); confidence: \w+\n$/s);
});

test("examples/rest/ask.ts asks and prints the answer", async () => {
	const said = await run(
		"node",
		"examples/rest/ask.ts",
		url,
		await makeKey(),
		"How many days of leave can I carry over?",
	);
	expect(said.trim()).not.toBe("");
	expect(said).not.toMatch(/\((failed|cancelled):/);
});

test("examples/mcp/oauth.ts is let in by a person in their browser, and searches with what they gave", async () => {
	await call("auth.prove", { password: accounts.admin.password }, asConsole("admin"));
	const wish = { name: "The example", redirectUris: ["http://127.0.0.1/callback"] };
	const made = await call("oauth.createProgram", wish, asConsole("admin"));
	const { id } = JSON.parse(made.text).result.data.json.program as { id: string };
	const program = spawn("node", ["examples/mcp/oauth.ts", url, id, "How many days of leave?"], { env });
	let said = "";
	for (const stream of [program.stdout, program.stderr]) stream.on("data", (part) => (said += part));
	try {
		const address = new URL(await until(() => /https?:\/\/\S+\/oauth\/authorize\S+/.exec(said)?.[0], 50_000));
		const request = Object.fromEntries(address.searchParams);
		const decided = await call("oauth.decide", { request, scopes: ["knowledge:read"] }, asConsole("builder"));
		const { redirectTo } = JSON.parse(decided.text).result.data.json as { redirectTo: string };
		expect(await (await fetch(redirectTo)).text()).toContain("close this window");
		await until(() => program.exitCode !== null, 50_000);
		expect([program.exitCode, said]).toEqual([0, expect.stringMatching(/May use: .*knowledge_search.*\n\n\[/s)]);
	} finally {
		program.kill();
	}
});

test("examples/openai/ask.ts asks an agent with the official client, and prints answer and sources", async () => {
	const said = await run("node", "examples/openai/ask.ts", url, await makeKey(), "How many days of leave are there?");
	expect(said).toMatch(/\S.*\nconfidence: \w+\n$/s);
});

test("examples/langgraph/ask.ts asks in a thread with the official client, and prints answer and sources", async () => {
	const key = await makeKey(["threads:write"]);
	const said = await run("node", "examples/langgraph/ask.ts", url, key, "How many days of leave are there?");
	expect(said).toMatch(/\S.*\nconfidence: \w+\n$/s);
});

test("every command in docs/api.md does what it says", async () => {
	const key = await makeKey();
	const blocks = [...readFileSync("docs/api.md", "utf8").matchAll(/```(?:sh)?\n(.*?)```/gs)].map(
		([, text = ""]) => text,
	);
	const commands = blocks.filter((text) => /^(curl|npx) /.test(text));
	expect(commands.length).toBeGreaterThan(2);
	for (const command of commands) {
		const own = command
			.replaceAll("http://localhost:3000", url)
			.replaceAll("you@example.org", email)
			.replaceAll("your password", password)
			.replaceAll("$QD_KEY", key);
		const said = await run("bash", "-euc", own.replaceAll("curl ", "curl -sS --fail-with-body "));
		expect([command, said.trim()]).not.toEqual([command, ""]);
	}
});
