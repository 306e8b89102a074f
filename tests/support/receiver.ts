import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export type Received = {
	id: string;
	body: { type: string; first: number; last: number; entries: { metadata: { sequence: number } }[] };
	headers: IncomingMessage["headers"];
	isSigned: boolean;
};
/** How the receiver takes a delivery: `lost` has it, and breaks the line before it says so. */
export type Fault = "none" | "refuse" | "cut" | "lost" | "silent" | "redirect";

/** The other side of a webhook: a real HTTP server that checks signatures and fails as it is told, delivery by delivery. */
export async function startReceiver(secret: string) {
	const taken: Received[] = [];
	const tried: Received[] = [];
	const faults: Fault[] = [];
	const held: ServerResponse[] = [];
	const server = createServer(async (request, response) => {
		const text = (await request.toArray().catch(() => [])).join("");
		const delivery = read(request, text, secret);
		tried.push(delivery);
		switch (faults.shift() ?? "none") {
			case "none":
				taken.push(delivery);
				return void response.writeHead(204).end();
			case "refuse":
				return void response.writeHead(500).end("no");
			case "redirect":
				return void response.writeHead(302, { location: "/elsewhere" }).end();
			case "cut":
				return void request.socket.destroy();
			case "lost":
				taken.push(delivery);
				return void request.socket.destroy();
			case "silent":
				held.push(response);
		}
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://receiver.test:${port}/audit?key=of-theirs`,
		taken,
		tried,
		faults,
		/** Answers those that were kept waiting. */
		release: () => {
			for (const response of held.splice(0)) response.writeHead(204).end();
		},
		/** The numbers that arrived, as a receiver knows them that keeps each id once. */
		numbers: () => {
			const byId = new Map(taken.map((one) => [one.id, one]));
			return [...byId.values()].flatMap(({ body }) => body.entries.map(({ metadata }) => metadata.sequence));
		},
	};
}
export type Receiver = Awaited<ReturnType<typeof startReceiver>>;

function read(request: IncomingMessage, text: string, secret: string): Received {
	const id = String(request.headers["webhook-id"]);
	const at = String(request.headers["webhook-timestamp"]);
	const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
	const expected = `v1,${createHmac("sha256", key).update(`${id}.${at}.${text}`).digest("base64")}`;
	const isFresh = Math.abs(Date.now() / 1000 - Number(at)) < 300;
	const isSigned = isFresh && String(request.headers["webhook-signature"]).split(" ").includes(expected);
	return { id, body: text ? JSON.parse(text) : {}, headers: request.headers, isSigned };
}
