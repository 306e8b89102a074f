import { Client } from "@langchain/langgraph-sdk";
import OpenAI from "openai";

// What runs in a page of another origin: the official clients, unmodified, with a key of its person's own.

export type Talk = {
	runId: string;
	streamed: string;
	stored: string;
	threads: number;
	models: string[];
	completed: string;
};

async function talk(url: string, apiKey: string, question: string): Promise<Talk> {
	const client = new Client({ apiUrl: `${url}/api/langgraph`, apiKey, callerOptions: { maxRetries: 0 } });
	const { thread_id: threadId } = await client.threads.create();
	let [runId, streamed] = ["", ""];
	for await (const { event, data } of client.runs.stream(threadId, "agent", {
		input: { messages: [{ type: "human", content: question }] },
		streamMode: ["messages-tuple"],
		// Its number stands in a header that a page sees only where it is let see it.
		onRunCreated: ({ run_id }) => {
			runId = run_id;
		},
	}))
		if (event === "messages") streamed += (data as unknown as [{ content: string }])[0].content;
	const { values } = await client.threads.getState<{ messages: { content: string }[] }>(threadId);
	const openai = new OpenAI({
		...{ baseURL: `${url}/api/openai/v1`, apiKey, maxRetries: 0 },
		dangerouslyAllowBrowser: true,
	});
	const { data: models } = await openai.models.list();
	let completed = "";
	const messages = [{ role: "user" as const, content: question }];
	for await (const { choices } of await openai.chat.completions.create({ model: "Assistant", stream: true, messages }))
		completed += choices[0]?.delta.content ?? "";
	return {
		...{ runId, streamed, stored: values.messages.at(-1)?.content ?? "", completed },
		threads: await client.threads.count(),
		models: models.map(({ id }) => id),
	};
}

Object.assign(globalThis, { talk });
