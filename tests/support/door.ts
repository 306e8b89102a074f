import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { answerRpc } from "@/server/trpc/node-door";

export type Door = { url: string; close: () => void };

/** The product's own door on a free port of this machine, in this process, on whatever database is in use. */
export async function openDoor(): Promise<Door> {
	const server = createServer((request, response) => void answerRpc(request, response));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		// A server that listens on a port has an address of this form.
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: () => {
			server.closeAllConnections();
			server.close();
		},
	};
}
