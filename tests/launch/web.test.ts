import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { answers, type Product } from "@/tests/support/product";
import { launching } from "./launching";

const { start } = launching();
let product: Product;

/** A connection that sends what it is given, and all that comes back until the other side closes it. */
async function raw(...pieces: string[]): Promise<{ socket: Socket; answer: Promise<string> }> {
	const socket = connect(Number(new URL(product.url).port), "127.0.0.1");
	socket.on("error", () => {});
	await once(socket, "connect");
	let said = "";
	socket.on("data", (chunk) => {
		said += chunk;
	});
	for (const piece of pieces) socket.write(piece);
	return { socket, answer: once(socket, "close").then(() => said) };
}

test("requests that never end are ended, while others are answered and a slow file goes on", async () => {
	product = await start();
	await product.ready;
	const head = await raw("GET /healthz HTTP/1.1\r\nhost: x\r\n");
	const body = await raw(
		"POST /api/trpc/a.b HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
	);
	const file = await raw(
		"POST /api/trpc/knowledge.upload HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\ncontent-length: 100\r\n\r\nx",
	);
	const large = await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\nx-large: ${"y".repeat(20_000)}\r\n\r\n`);
	expect(await large.answer).toContain(" 431 ");
	expect(await answers(product, "/healthz")).toBe(true);
	expect(await head.answer).toContain(" 408 ");
	expect(await body.answer).toContain(" 408 ");
	expect(await answers(product, "/healthz")).toBe(true);
	file.socket.destroy();
});
