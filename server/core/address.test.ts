import { afterEach, expect, test, vi } from "vitest";
import { addressBlock, callerAddress } from "./address";
import * as environment from "./env";

const from = (remoteAddress: string, forwarded?: string | string[]) =>
	callerAddress({ headers: { "x-forwarded-for": forwarded as string }, socket: { remoteAddress } as never });
const behind = (hops: number) =>
	vi.spyOn(environment, "env").mockReturnValue({ ...environment.env(), QD_PROXY_HOPS: hops });
afterEach(() => vi.restoreAllMocks());

test("nobody chooses their address where no proxy of ours stands before us", () => {
	expect(from("203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
	expect(from("::ffff:203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
});

test("behind proxies only what they wrote counts, from the right", () => {
	behind(1);
	expect(from("10.0.0.2", "1.2.3.4, 198.51.100.1")).toBe("198.51.100.1");
	expect(from("10.0.0.2", ["1.2.3.4", "198.51.100.1"])).toBe("198.51.100.1");
	behind(2);
	expect(from("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3")).toBe("198.51.100.1");
});

test("a header that is missing, too short or no address falls back to the socket", () => {
	behind(2);
	for (const header of [undefined, "", "198.51.100.1", "x, y", "<script>, 10.0.0.1"])
		expect(from("10.0.0.2", header)).toBe("10.0.0.2");
});

test("one IPv6 network is one caller, and IPv4 in IPv6 clothes is IPv4", () => {
	expect(addressBlock("2001:db8:1:2:3:4:5:6")).toBe(addressBlock("2001:db8:1:2::1"));
	expect(addressBlock("2001:db8:1:3::1")).not.toBe(addressBlock("2001:db8:1:2::1"));
	expect(addressBlock("::ffff:203.0.113.9")).toBe("203.0.113.9");
	expect(addressBlock("unknown")).toBe("unknown");
});
