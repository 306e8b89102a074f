import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { mayReach } from "./addresses";
import { checkAddress, type GuardPolicy, guardedFetch } from "./index";

/** An HTTP server on this machine that counts who connects. */
async function listener(answer: RequestListener, host = "127.0.0.1") {
	const server = createServer(answer);
	let connections = 0;
	server.on("connection", () => {
		connections += 1;
	});
	server.listen(0, host);
	await once(server, "listening");
	onTestFinished(() => {
		server.closeAllConnections();
		server.close();
	});
	return { port: (server.address() as AddressInfo).port, connections: () => connections };
}

const open: GuardPolicy = { isPrivateAllowed: true, resolve: async () => ["127.0.0.1"] };
const shut: GuardPolicy = { isPrivateAllowed: false, resolve: async () => ["10.0.0.5"] };

const own = [
	...["http://127.0.0.1/", "http://127.1/", "http://0x7f000001/", "http://2130706433/", "http://0177.0.0.1/"],
	...["http://0.0.0.0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/"],
	...["http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.1.1/", "http://100.64.0.1/", "http://198.18.0.1/"],
	...["http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/", "http://192.0.0.192/"],
	...["http://168.63.129.16/", "http://[fd00:ec2::254]/", "http://[fe80::1]/", "http://[fc00::1]/"],
	...["http://[64:ff9b::7f00:1]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:7f00:1::]/"],
	...["http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/", "http://[2001:db8::1]/", "http://[3fff::1]/"],
	...["http://224.0.0.1/", "http://255.255.255.255/", "http://192.0.2.1/", "http://240.0.0.1/", "http://[ff02::1]/"],
	...["http://localhost/", "http://localhost./", "http://intranet/", "http://１２７.0.0.1/", "http://example.org:22/"],
	...["ftp://example.org/", "file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "//example.org"],
	...["http://user:secret@example.org/", "http://[fe80::1%25eth0]/", "http://", "", "not an address"],
];

const Row = z.object({ url: z.string(), class: z.string(), expect: z.string().optional() });
const file = new URL("../../../../shared/corpora/ssrf.jsonl", import.meta.url);
/** Lists of attacks that lie beside the project on some machines, and never in it. */
const corpus = existsSync(file)
	? readFileSync(file, "utf8")
			.split("\n")
			.filter(Boolean)
			.map((line) => Row.parse(JSON.parse(line)))
	: [];

describe("an address that a person entered", () => {
	test.each(own)("is refused where it leads inside: %s", async (url) => {
		await expect(guardedFetch(url, {}, shut)).rejects.toMatchObject({ code: "INVALID_INPUT" });
		await expect(checkAddress(url, shut)).rejects.toMatchObject({ code: "INVALID_INPUT" });
	});

	test("of the corpus is refused, and nobody inside hears of it", async () => {
		const v4 = await listener((_, response) => void response.end());
		const v6 = await listener((_, response) => void response.end(), "::1");
		for (const row of corpus) {
			const answer = await guardedFetch(row.url, { timeoutMs: 2_000 }, shut).then(
				() => "answered",
				(error) => error.code,
			);
			expect(answer, `${row.class}: ${row.url}`).toBe("INVALID_INPUT");
		}
		for (const port of [v4.port, v6.port])
			for (const host of ["127.0.0.1", "localhost", "[::1]", "[::ffff:7f00:1]"])
				await expect(guardedFetch(`http://${host}:${port}/`, {}, shut)).rejects.toMatchObject({
					code: "INVALID_INPUT",
				});
		expect([v4.connections(), v6.connections()]).toEqual([0, 0]);
	});

	test("is refused where one of its name's addresses leads inside", async () => {
		const mixed: GuardPolicy = { isPrivateAllowed: false, resolve: async () => ["93.184.216.34", "127.0.0.1"] };
		await expect(checkAddress("https://example.org/hook", mixed)).rejects.toMatchObject({ code: "INVALID_INPUT" });
		const lost: GuardPolicy = { isPrivateAllowed: false, resolve: async () => [] };
		await expect(checkAddress("https://example.org/hook", lost)).rejects.toMatchObject({ code: "INVALID_INPUT" });
	});

	test.each(["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"])(
		"may lead to %s",
		async (address) => {
			const policy: GuardPolicy = { isPrivateAllowed: false, resolve: async () => [address] };
			expect((await checkAddress("https://example.org/hook?a=1", policy)).href).toBe("https://example.org/hook?a=1");
		},
	);

	test("may lead into private networks with leave, but never to a cloud's metadata", () => {
		for (const address of ["10.0.0.1", "127.0.0.1", "192.168.0.9", "fd12::1", "::1", "::ffff:10.0.0.1"])
			expect(mayReach(address, true), address).toBe(true);
		for (const address of ["169.254.169.254", "100.100.100.200", "fd00:ec2::254", "0.0.0.0", "224.0.0.1", "fe80::1"])
			expect(mayReach(address, true), address).toBe(false);
	});
});

describe("a guarded call", () => {
	test("asks the name service once and connects to what it said then", async () => {
		const { port } = await listener((request, response) => void response.end(request.headers.host));
		let asked = 0;
		const rebinding: GuardPolicy = {
			isPrivateAllowed: true,
			resolve: async () => [++asked === 1 ? "127.0.0.1" : "192.168.99.99"],
		};
		const answer = await guardedFetch(`http://receiver.test:${port}/`, {}, rebinding);
		expect([answer.status, answer.body.toString(), asked]).toEqual([200, `receiver.test:${port}`, 1]);
	});

	test("sends what it was given and follows no redirect", async () => {
		const inside = await listener((_, response) => void response.end("inside"));
		const seen: unknown[] = [];
		const outside = await listener(async (request, response) => {
			const body = (await request.toArray()).join("");
			seen.push([request.method, request.headers["x-sign"], body]);
			response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/` }).end();
		});
		const call = { method: "POST", headers: { "x-sign": "abc" }, body: '{"a":1}' } as const;
		const answer = await guardedFetch(`http://receiver.test:${outside.port}/`, call, open);
		expect(answer.status).toBe(307);
		expect(seen).toEqual([["POST", "abc", '{"a":1}']]);
		expect(inside.connections()).toBe(0);
	});

	test("ends at its limits: silence, a body that trickles, one without an end, one that was packed", async () => {
		const silent = await listener(() => {});
		const trickling = await listener((_, response) => {
			const timer = setInterval(() => response.write("."), 20);
			response.on("close", () => clearInterval(timer));
		});
		const endless = await listener((_, response) => {
			const more = () => {
				while (response.write(Buffer.alloc(64 * 1024)));
			};
			response.on("drain", more);
			more();
		});
		const packed = await listener((_, response) => {
			response.setHeader("content-encoding", "gzip");
			response.end(gzipSync(Buffer.alloc(50 * 1024 * 1024)));
		});
		const call = (port: number, timeoutMs: number) =>
			guardedFetch(`http://receiver.test:${port}/`, { timeoutMs, maxBytes: 1_000_000 }, open);
		await expect(call(silent.port, 200)).rejects.toMatchObject({ code: "TIMEOUT" });
		await expect(call(trickling.port, 200)).rejects.toMatchObject({ code: "TIMEOUT" });
		await expect(call(endless.port, 10_000)).rejects.toMatchObject({ code: "BAD_GATEWAY" });
		await expect(call(packed.port, 10_000)).rejects.toMatchObject({ code: "BAD_GATEWAY" });
	});

	test("says who did not answer, and ends when its caller does", async () => {
		const gone = await listener(() => {});
		const broken = await listener((request) => void request.socket.destroy());
		const leaving = new AbortController();
		const call = guardedFetch(`http://receiver.test:${gone.port}/`, { signal: leaving.signal }, open);
		setTimeout(() => leaving.abort(), 50);
		await expect(call).rejects.toMatchObject({ code: "BAD_GATEWAY" });
		await expect(guardedFetch(`http://receiver.test:${broken.port}/`, {}, open)).rejects.toThrow("receiver.test");
	});
});
