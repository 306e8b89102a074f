import { connect, createServer, type Socket } from "node:net";

export type Cuttable = {
	/** The given address, by way of us. */
	url: string;
	/** Breaks every connection and takes no new ones. */
	cut: () => void;
	mend: () => void;
	stop: () => Promise<void>;
};

/** Stands between a program and a server, so that a test can take the server away and give it back. */
export async function cuttable(target: string): Promise<Cuttable> {
	const { hostname, port } = new URL(target);
	const open = new Set<Socket>();
	let isCut = false;
	const server = createServer((socket) => {
		if (isCut) return void socket.destroy();
		const upstream = connect(Number(port), hostname);
		for (const [one, other] of [
			[socket, upstream],
			[upstream, socket],
		] as const) {
			open.add(one);
			one.pipe(other);
			one.on("error", () => other.destroy());
			one.on("close", () => {
				open.delete(one);
				other.destroy();
			});
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const address = server.address();
	const url = new URL(target);
	url.hostname = "127.0.0.1";
	url.port = String(address && typeof address === "object" ? address.port : "");
	const cut = () => {
		isCut = true;
		for (const socket of open) socket.destroy();
	};
	return {
		url: url.href,
		cut,
		mend: () => {
			isCut = false;
		},
		stop: async () => {
			cut();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
