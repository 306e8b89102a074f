import { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { budgets } from "@/db/schema";
import { AddBudget } from "@/server/budgets/contract";
import { addBudget, ownUsage } from "@/server/budgets/service";
import { requireUser, type ServiceContext } from "@/server/core/context";
import { useDatabase } from "@/server/core/database";
import type { Permission } from "@/server/core/permissions";
import { createKey } from "@/server/keys/service";
import { testContext } from "@/tests/support";
import { agentsDatabase, testExecutor } from "@/tests/support/agents";
import { type Door, openDoor } from "@/tests/support/door";
import { type Provider, startProvider } from "@/tests/support/provider";

// I6 at the doors of others' clients: what was used through one is gone for all of them, and each says so in its own way.

let base: Awaited<ReturnType<typeof agentsDatabase>>;
let provider: Provider;
let executor: Awaited<ReturnType<typeof testExecutor>>;
let door: Door;
let staff: ServiceContext;
let openai: OpenAI;
let langgraph: Client;
let key: string;
const question = "How many days of annual leave do staff get?";

beforeAll(async () => {
	base = await agentsDatabase();
	useDatabase(base.db);
	provider = await startProvider();
	executor = await testExecutor(base, provider);
	door = await openDoor();
	staff = await testContext(base.db, { role: "staff" });
	const scopes: Permission[] = [
		"agents:read",
		"runs:read",
		"runs:write",
		"threads:read",
		"threads:write",
		"knowledge:read",
	];
	const limits = { addresses: [], tokensPerDay: null, callsPerMinute: null };
	key = (await createKey(staff, { name: "Clients", scopes, expiresInDays: 1, ...limits })).secret;
	openai = new OpenAI({ baseURL: `${door.url}/api/openai/v1`, apiKey: key, maxRetries: 0 });
	langgraph = new Client({ apiUrl: `${door.url}/api/langgraph`, apiKey: key, callerOptions: { maxRetries: 0 } });
});
afterAll(async () => {
	await executor.stop();
	door?.close();
	await provider.stop();
	await base.checkpoints.close();
});

/** Each way in asks once; rejects with what its client makes of a refusal. */
const ways: Record<string, () => Promise<unknown>> = {
	"chat completions": () =>
		openai.chat.completions.create({ model: "Assistant", messages: [{ role: "user", content: question }] }),
	"streamed chat completions": () =>
		openai.chat.completions.create({
			...{ model: "Assistant", stream: true },
			messages: [{ role: "user", content: question }],
		}),
	responses: () => openai.responses.create({ model: "Assistant", input: question }),
	"LangGraph's wait": () =>
		langgraph.runs.wait(null, "agent", { input: { messages: [{ type: "human", content: question }] } }),
	REST: async () => {
		const init = { method: "POST", body: JSON.stringify({ question }) };
		const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
		const answer = await fetch(`${door.url}/api/v1/runs`, { ...init, headers });
		if (!answer.ok) throw Object.assign(new Error(await answer.text()), { status: answer.status });
		return answer.json();
	},
};

const give = async (fields: Pick<AddBudget, "measure" | "most">) =>
	addBudget(
		await testContext(base.db, { role: "admin" }),
		AddBudget.parse({ subjectKind: "user", subject: requireUser(staff).userId, span: "day", ...fields }),
	);

test("a budget of runs that was used through two of them is used up for all", async () => {
	await give({ measure: "runs", most: 2 });
	await ways["chat completions"]?.();
	await ways["LangGraph's wait"]?.();
	const seen = provider.seen.length;
	for (const [name, ask] of Object.entries(ways)) {
		const refusal = await ask().then(
			() => null,
			(error: { status?: number; message: string }) => error,
		);
		expect(refusal?.status, name).toBe(429);
		expect(refusal?.message, name).toMatch(/2 runs for today/);
	}
	expect(provider.seen.length).toBe(seen);
	await base.db.orm.delete(budgets);
});

test("tokens that are used up are asked of no model, whichever client asks; what was used is counted once", async () => {
	await give({ measure: "tokens", most: 1 });
	const seen = provider.seen.length;
	for (const name of ["chat completions", "LangGraph's wait"]) await ways[name]?.().catch(() => {});
	expect(provider.seen.length).toBe(seen);
	const { limits } = await ownUsage(staff);
	expect(limits).toMatchObject([{ measure: "tokens", held: 0, most: 1 }]);
});
