import type { IncomingMessage } from "node:http";
import ipaddr from "ipaddr.js";
import { env } from "./env";

/**
 * Who called: the address that our socket sees or, behind `QD_PROXY_HOPS` proxies of one's own, the one that the outermost
 * of them saw. Whatever stands further left in X-Forwarded-For was written by a stranger.
 */
export function callerAddress(request: Pick<IncomingMessage, "headers" | "socket">): string {
	const own = plainAddress(request.socket.remoteAddress ?? "");
	const hops = env().QD_PROXY_HOPS;
	if (hops === 0) return own;
	const seen = [request.headers["x-forwarded-for"] ?? []].flat().join(",").split(",");
	const claimed = seen.at(-hops)?.trim() ?? "";
	return ipaddr.isValid(claimed) ? plainAddress(claimed) : own;
}

/** An IPv4 address that comes as IPv6 is the same caller. */
function plainAddress(address: string): string {
	return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** What calls are counted by where nobody is known: whoever holds an IPv6 network has all of its addresses. */
export function addressBlock(address: string): string {
	if (!ipaddr.isValid(address)) return address;
	const parsed = ipaddr.process(address);
	if (!(parsed instanceof ipaddr.IPv6)) return parsed.toString();
	return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}
