import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "@/server/launch/postgres/cluster";
import { until } from "@/tests/support/until";
import type { Events } from "./stream-material";

/** LangGraph's own development server: what others use to serve a graph, in memory. Its packages are no part of this product. */
const packages = {
	"@langchain/core": "1.4.0",
	"@langchain/langgraph": "1.7.3",
	"@langchain/langgraph-cli": "1.5.1",
	"@langchain/openai": "1.6.0",
	typescript: "5.9.3",
};

const graph = `import { ChatOpenAI } from "@langchain/openai";
import { END, MessagesAnnotation, START, StateGraph } from "@langchain/langgraph";
const model = new ChatOpenAI({ model: "stand-in", apiKey: "stand-in", configuration: { baseURL: process.env.MODEL_URL } });
const answer = async ({ messages }) => ({ messages: [await model.invoke(messages)] });
export const graph = new StateGraph(MessagesAnnotation)
	.addNode("answer", answer).addEdge(START, "answer").addEdge("answer", END).compile();
`;

export type LangGraphServer = { ask: (question: string) => Promise<Events>; stop: () => void };

/** Starts it with a graph of one node that asks the provider. Installs it where it is not yet, which takes a minute. */
export async function startLangGraph(modelUrl: string): Promise<LangGraphServer> {
	const folder = join("node_modules", ".cache", "quarterdeck", "langgraph-dev");
	const command = join(folder, "node_modules", "@langchain", "langgraph-cli", "dist", "cli", "cli.mjs");
	mkdirSync(folder, { recursive: true });
	const manifest = { name: "one-node", private: true, type: "module", dependencies: packages };
	writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
	writeFileSync(join(folder, "graph.js"), graph);
	const settings = { node_version: "22", graphs: { one: "./graph.js:graph" }, dependencies: ["."] };
	writeFileSync(join(folder, "langgraph.json"), JSON.stringify(settings));
	if (!existsSync(command)) {
		const words = ["install", "--no-audit", "--no-fund", "--legacy-peer-deps"];
		execFileSync("npm", words, { cwd: folder, stdio: ["ignore", 2, 2] });
	}
	const port = await freePort();
	const words = [join(process.cwd(), command), "dev", "--port", String(port), "--no-browser", "--no-reload"];
	const child = spawn(process.execPath, words, {
		cwd: folder,
		env: { PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: "production", MODEL_URL: modelUrl },
		stdio: "ignore",
		// It has a child of its own, which is ended with it.
		detached: true,
	});
	const url = `http://127.0.0.1:${port}`;
	await until(async () => (await fetch(`${url}/ok`)).ok, 120_000);
	return { ask: (question) => askOne(url, question), stop: () => endGroup(child) };
}

function endGroup({ pid }: ChildProcess): void {
	if (pid) process.kill(-pid, "SIGKILL");
}

/** A run that belongs to no thread, streamed word by word: the least that it can do. */
async function askOne(url: string, question: string): Promise<Events> {
	const response = await fetch(`${url}/runs/stream`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: JSON.stringify({
			assistant_id: "one",
			input: { messages: [{ role: "human", content: question }] },
			stream_mode: ["messages-tuple"],
		}),
	});
	let firstTokenAt = 0;
	let all = "";
	const decoder = new TextDecoder();
	for await (const bytes of response.body ?? []) {
		all += decoder.decode(bytes, { stream: true });
		if (firstTokenAt === 0 && all.includes("event: messages")) firstTokenAt = performance.now();
	}
	if (firstTokenAt === 0 || all.includes("event: error"))
		throw new Error(`LangGraph's run failed: ${all.slice(0, 500)}`);
	return { firstTokenAt, endedAt: performance.now() };
}
