import ipaddr from "ipaddr.js";

/** Bits of an IPv6 address that one customer has: whoever holds one of them holds all below. */
const customerBits = 64;

/**
 * Where a request comes from: the peer, or what the proxies before us say. Each of them adds the address that it saw to the end of
 * `X-Forwarded-For`, so only the last `hops` entries were written by somebody we trust.
 */
export function clientAddress(peer: string | undefined, forwarded: string | undefined, hops: number): string {
	const own = plainAddress(peer ?? "");
	if (hops === 0) return own;
	const seen = forwarded?.split(",").map((one) => one.trim()) ?? [];
	const claimed = seen.at(-hops);
	return claimed !== undefined && ipaddr.isValid(claimed) ? plainAddress(claimed) : own;
}

/** `::ffff:192.0.2.1` is 192.0.2.1; what is no address stays as it is. */
function plainAddress(address: string): string {
	return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}

/** What counts as one place in limits: an IPv4 address, or the network that an IPv6 address lies in. */
export function placeOf(address: string | null): string {
	if (!address || !ipaddr.isValid(address)) return "unknown";
	const parsed = ipaddr.process(address);
	if (parsed instanceof ipaddr.IPv4) return parsed.toString();
	return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/${customerBits}`).toString()}/${customerBits}`;
}
