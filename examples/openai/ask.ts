// Asks an agent with OpenAI's own client, prints the answer while it comes, then its sources and how sure it is.
// npx node examples/openai/ask.ts ADDRESS KEY 'QUESTION'

import OpenAI from "openai";

const [address = "http://localhost:3000", apiKey = "", question = "How many days of leave can I carry over?"] =
	process.argv.slice(2);
const client = new OpenAI({ baseURL: `${address}/api/openai/v1`, apiKey });

// A model is an agent that the key's owner may ask.
const [model] = (await client.models.list()).data;
if (!model) throw new Error("There is no agent that this key may ask");

/** What Quarterdeck says beside OpenAI's own fields, with the last part of an answer. */
type More = { citations?: { marker: number; documentName: string; page: number }[]; confidence?: { level: string } };

const messages = [{ role: "user" as const, content: question }];
const parts = await client.chat.completions.create({ model: model.id, messages, stream: true });
let more: More = {};
for await (const part of parts) {
	process.stdout.write(part.choices[0]?.delta.content ?? "");
	more = { ...more, ...(part as More) };
}
console.log();
for (const { marker, documentName, page } of more.citations ?? [])
	console.log(`[${marker}] ${documentName}, page ${page}`);
console.log(`confidence: ${more.confidence?.level ?? "unknown"}`);
