import ipaddr from "ipaddr.js";

/** A network as it is kept: an address alone is a network of one. Null where it is neither. */
export function readNetwork(text: string): string | null {
	const trimmed = text.trim();
	if (ipaddr.isValidCIDR(trimmed)) {
		const [address, bits] = ipaddr.parseCIDR(trimmed);
		if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
			return bits >= 96 ? `${address.toIPv4Address()}/${bits - 96}` : null;
		return `${address}/${bits}`;
	}
	// Only the usual four numbers: `10.1` and `0x7f.1` are addresses to some programs.
	if (!ipaddr.IPv4.isValidFourPartDecimal(trimmed) && !ipaddr.IPv6.isValid(trimmed)) return null;
	const address = ipaddr.process(trimmed);
	return `${address}/${address.kind() === "ipv4" ? 32 : 128}`;
}

/** Whether the address lies in one of the networks. An IPv4 address that comes as an IPv6 one is what it is. */
export function isInNetworks(address: string | null, networks: readonly string[]): boolean {
	if (!address || !ipaddr.isValid(address)) return false;
	const asked = ipaddr.process(address);
	return networks.some((network) => {
		const [base, bits] = ipaddr.parseCIDR(network);
		if (asked instanceof ipaddr.IPv4) return base instanceof ipaddr.IPv4 && asked.match(base, bits);
		return base instanceof ipaddr.IPv6 && asked.match(base, bits);
	});
}
