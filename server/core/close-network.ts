import { Socket as DatagramSocket } from "node:dgram";
import dns from "node:dns";
import { Server, Socket } from "node:net";

/**
 * Takes the network away from this process. Files, programs and native code are closed to it by Node's permissions, which
 * in this version do not know the network: so whatever a parser would reach it through is gone before one is loaded.
 */
export function closeNetwork(): void {
	const refuse = (): never => {
		throw new Error("A parser has no network");
	};
	for (const [owner, name] of [
		[Socket.prototype, "connect"],
		[Server.prototype, "listen"],
		[DatagramSocket.prototype, "bind"],
		[DatagramSocket.prototype, "send"],
		[DatagramSocket.prototype, "connect"],
		[dns, "lookup"],
		[dns, "resolve"],
		[dns.promises, "lookup"],
		[dns.promises, "resolve"],
	] as const)
		Object.defineProperty(owner, name, { value: refuse, writable: false, configurable: false });
	for (const name of ["fetch", "WebSocket", "EventSource", "XMLHttpRequest"])
		Object.defineProperty(globalThis, name, { value: undefined, writable: false, configurable: false });
}
