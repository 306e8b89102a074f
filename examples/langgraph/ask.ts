// Asks an agent with LangGraph's own client, prints the answer while it comes, then its sources and how sure it is.
// npx node examples/langgraph/ask.ts ADDRESS KEY 'QUESTION'

import { Client } from "@langchain/langgraph-sdk";

const [address = "http://localhost:3000", apiKey = "", question = "How many days of leave can I carry over?"] =
	process.argv.slice(2);
const client = new Client({ apiUrl: `${address}/api/langgraph`, apiKey });

// An assistant is an agent that the key's owner may ask; "agent" is the default one.
const { thread_id: threadId } = await client.threads.create();
const parts = client.runs.stream(threadId, "agent", {
	input: { messages: [{ type: "human", content: question }] },
	streamMode: ["messages-tuple", "values"],
});

/** What Quarterdeck says of an answer beside its text. */
type Facts = { citations?: { marker: number; documentName: string; page: number }[]; confidence?: { level: string } };
let facts: Facts = {};
for await (const { event, data } of parts) {
	if (event === "messages") process.stdout.write(String(data[0].content));
	if (event === "values")
		facts = (data as { messages: { response_metadata: Facts }[] }).messages.at(-1)?.response_metadata ?? {};
	if (event === "error") throw new Error(JSON.stringify(data));
}
console.log();
for (const { marker, documentName, page } of facts.citations ?? [])
	console.log(`[${marker}] ${documentName}, page ${page}`);
console.log(`confidence: ${facts.confidence?.level ?? "unknown"}`);
