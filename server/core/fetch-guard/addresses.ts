import ipaddr, { type IPv4, type IPv6 } from "ipaddr.js";

/** What else an address may be where the installation's owner lets calls into private networks. */
const privateRanges: ReadonlySet<string> = new Set(["private", "loopback", "carrierGradeNat", "uniqueLocal"]);

/** Services that answer with a machine's own credentials: never, whatever is allowed. */
const metadata: ReadonlySet<string> = new Set([
	"100.100.100.200",
	"168.63.129.16",
	"192.0.0.192",
	"fd00:ec2::254",
	"fd20:ce::254",
]);

const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3");
/** ipaddr.js does not know it yet: RFC 9637. */
const documentation = ipaddr.IPv6.parseCIDR("3fff::/20");

/** The IPv4 address that an IPv6 one only wraps (mapped, or NAT64), which is then what counts. */
function unwrapped(address: IPv4 | IPv6): IPv4 | IPv6 {
	if (!(address instanceof ipaddr.IPv6)) return address;
	if (address.isIPv4MappedAddress()) return address.toIPv4Address();
	if (address.range() === "rfc6052") return new ipaddr.IPv4(address.toByteArray().slice(-4));
	return address;
}

/** Whether a connection may go there: global unicast, and with leave private networks too. */
export function mayReach(text: string, isPrivateAllowed: boolean): boolean {
	// A zone names an interface of this machine.
	if (text.includes("%")) return false;
	const address = unwrapped(ipaddr.parse(text));
	if (metadata.has(address.toString())) return false;
	const range = address.range();
	if (isPrivateAllowed && privateRanges.has(range)) return true;
	if (range !== "unicast") return false;
	return !(address instanceof ipaddr.IPv6) || (address.match(globalUnicast) && !address.match(documentation));
}
