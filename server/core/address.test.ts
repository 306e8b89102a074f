import { expect, test } from "vitest";
import { clientAddress, placeOf } from "./address";

test.each([
	["no proxy: nothing that a header says", 0, "198.51.100.7, 203.0.113.9", "192.0.2.1"],
	["one proxy: the last entry, which it wrote", 1, "198.51.100.7, 203.0.113.9", "203.0.113.9"],
	["two proxies: the last but one", 2, "6.6.6.6, 198.51.100.7, 203.0.113.9", "198.51.100.7"],
	["fewer entries than proxies: somebody came past them", 2, "203.0.113.9", "192.0.2.1"],
	["no header", 1, undefined, "192.0.2.1"],
	["no address", 1, "unknown", "192.0.2.1"],
	["an address of another form", 1, "::ffff:203.0.113.9", "203.0.113.9"],
])("%s", (_, hops, forwarded, expected) => {
	expect(clientAddress("::ffff:192.0.2.1", forwarded, hops)).toBe(expected);
});

test.each([
	["::ffff:192.0.2.1", "192.0.2.1"],
	["::ffff:c000:201", "192.0.2.1"],
	["192.0.2.1", "192.0.2.1"],
	["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
	["2001:0DB8:0001:0002:ffff::1", "2001:db8:1:2::/64"],
	["2001:db8:1:3::1", "2001:db8:1:3::/64"],
	["not an address", "unknown"],
	[null, "unknown"],
])("%s counts as %s", (address, place) => {
	expect(placeOf(address)).toBe(place);
});
