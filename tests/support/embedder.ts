import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

const Asked = z.object({ model: z.string(), input: z.array(z.string()) });

/** An endpoint that speaks `/v1/embeddings`: texts with the same words point the same way. */
export async function startEmbedder(dimension: number) {
	let isAway = false;
	let texts = 0;
	const server = createServer(async (request, response) => {
		const body = (await request.toArray()).join("");
		if (isAway || request.url !== "/v1/embeddings") return void response.writeHead(503).end("no");
		const { input, model } = Asked.parse(JSON.parse(body));
		texts += input.length;
		const data = input.map((text, index) => ({ object: "embedding", index, embedding: vectorOf(text, dimension) }));
		response.writeHead(200, { "content-type": "application/json" });
		response.end(JSON.stringify({ object: "list", model, data }));
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/v1`,
		/** How many texts it was given. */
		texts: () => texts,
		setAway: (value: boolean) => {
			isAway = value;
		},
		stop: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}

/** Each word adds to one place. */
function vectorOf(text: string, dimension: number): number[] {
	const vector = new Array<number>(dimension).fill(0.001);
	for (const word of text.toLowerCase().match(/\p{L}+/gu) ?? []) {
		let hash = 7;
		for (const letter of word) hash = (hash * 31 + letter.charCodeAt(0)) % 1_000_003;
		vector[hash % dimension] = (vector[hash % dimension] ?? 0) + 1;
	}
	return vector;
}
