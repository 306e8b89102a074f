// Asks a question over REST with plain fetch, prints the answer while it comes, then its sources.
// node examples/rest/ask.ts ADDRESS KEY 'QUESTION'

const [address = "http://localhost:3000", key = "", question = "How many days of leave can I carry over?"] =
	process.argv.slice(2);
const headers = { "x-api-key": key, "content-type": "application/json" };

type Citation = { marker: number; documentName: string; page: number };
type EventBody = {
	type: string;
	text?: string;
	state?: string;
	reason?: string | null;
	result?: { citations: Citation[] } | null;
};

async function call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
	const response = await fetch(`${address}/api/v1${path}`, { ...init, headers: { ...headers, ...init.headers } });
	const answer = await response.json();
	if (!response.ok) throw new Error(`${answer.title}: ${answer.detail} (request ${answer.requestId})`);
	return answer;
}

/** The stream's events after `last`; whoever is cut off asks again with the id of the last one. */
async function* follow(runId: string, last = "0"): AsyncGenerator<{ id: string; body: EventBody }> {
	const response = await fetch(`${address}/api/v1/runs/${runId}/events`, {
		headers: { ...headers, "last-event-id": last },
	});
	let rest = "";
	for await (const text of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
		const events = (rest + text).split("\n\n");
		rest = events.pop() ?? "";
		for (const event of events) {
			const id = /^id: (.*)$/m.exec(event)?.[1];
			const data = /^data: (.*)$/m.exec(event)?.[1];
			if (id && data) yield { id, body: JSON.parse(data).body };
		}
	}
}

const { runId } = await call<{ runId: string }>("/runs", {
	method: "POST",
	// The same key again would give the same run, and not ask twice.
	headers: { "idempotency-key": crypto.randomUUID() },
	body: JSON.stringify({ question }),
});
for await (const { body } of follow(runId)) {
	if (body.type === "answer.delta") process.stdout.write(body.text ?? "");
	if (body.type !== "run.ended") continue;
	console.log(body.state === "succeeded" ? "" : `\n(${body.state}: ${body.reason ?? "no reason given"})`);
	for (const { marker, documentName, page } of body.result?.citations ?? [])
		console.log(`[${marker}] ${documentName}, page ${page}`);
}

export {};
