import { connect, type Socket } from "node:net";

/** One way to ask: the whole request, as bytes, for each of those who ask in turn. */
export type Way = { port: number; requests: Buffer[] };
export type Load = { perSecond: number; p50: number; p99: number };

const headEnd = Buffer.from("\r\n\r\n");
const lastChunk = Buffer.from("0\r\n\r\n");
const good = Buffer.from("HTTP/1.1 200");

/**
 * As many connections as asked for, each of which asks again as soon as it is answered. Plain sockets: on a machine that client
 * and server share, whatever the client does is taken from the server.
 */
export async function loadOf({ port, requests }: Way, connections: number, ms: number): Promise<Load> {
	const took: number[] = [];
	let turn = 0;
	const started = performance.now();
	const deadline = started + ms;
	const ask = async () => {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true });
		try {
			while (performance.now() < deadline) {
				const bytes = requests[turn++ % requests.length];
				if (!bytes) throw new Error("nobody asks");
				const asked = performance.now();
				await exchange(socket, bytes);
				took.push(performance.now() - asked);
			}
		} finally {
			socket.destroy();
		}
	};
	await Promise.all(Array.from({ length: connections }, ask));
	const seconds = (performance.now() - started) / 1000;
	const sorted = took.toSorted((a, b) => a - b);
	const at = (part: number) => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
	return { perSecond: took.length / seconds, p50: at(0.5), p99: at(0.99) };
}

/** Resolves when the answer is there as a whole; every answer but 200 ends the measurement. */
function exchange(socket: Socket, bytes: Buffer): Promise<void> {
	return new Promise((resolve, reject) => {
		let said: Buffer = Buffer.alloc(0);
		const hear = (part: Buffer) => {
			said = said.length === 0 ? part : Buffer.concat([said, part]);
			if (!isWhole(said)) return;
			leave();
			if (said.subarray(0, good.length).equals(good)) resolve();
			else reject(new Error(`Answered with ${said.toString().slice(0, 600)}`));
		};
		const fail = (error?: Error) => {
			leave();
			reject(error ?? new Error("The line was cut."));
		};
		const leave = () => {
			socket.off("data", hear).off("error", fail).off("close", fail);
		};
		socket.on("data", hear).on("error", fail).on("close", fail);
		socket.write(bytes);
	});
}

function isWhole(said: Buffer): boolean {
	const end = said.indexOf(headEnd);
	if (end < 0) return false;
	const head = said.toString("latin1", 0, end);
	const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
	if (length !== undefined) return said.length >= end + headEnd.length + Number(length);
	return said.subarray(-lastChunk.length).equals(lastChunk);
}
