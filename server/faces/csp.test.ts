import { afterEach, expect, test, vi } from "vitest";
import { log } from "@/server/core/log";
import { cspReport } from "./csp";

const warned = vi.spyOn(log, "warn").mockImplementation(() => {});
afterEach(() => warned.mockClear());

const send = (body: string) =>
	cspReport(
		new Request("http://localhost/api/csp", {
			method: "POST",
			body,
			headers: { "content-length": String(Buffer.byteLength(body)) },
		}),
	);
const modern = {
	effectiveDirective: "script-src",
	blockedURL: "https://evil.test/x.js?token=s3cret",
	documentURL: "https://desk.test/chat?q=private#here",
};

test("tells which rule was broken by what and where, without the query that may hold a secret", async () => {
	expect((await send(JSON.stringify([{ body: modern }]))).status).toBe(204);
	const older = {
		"effective-directive": "style-src",
		"blocked-uri": "inline",
		"document-uri": "https://desk.test/x?y",
	};
	await send(JSON.stringify({ "csp-report": older }));
	expect(warned.mock.calls.map(([facts]) => facts)).toEqual([
		{ directive: "script-src", blocked: "https://evil.test/x.js", page: "https://desk.test/chat" },
		{ directive: "style-src", blocked: "inline", page: "https://desk.test/x" },
	]);
});

test("takes garbage, floods and large bodies in silence", async () => {
	for (const body of ["", "{", "null", "[]", JSON.stringify([{ body: { ...modern, blockedURL: "x".repeat(20_000) } }])])
		expect((await send(body)).status).toBe(204);
	expect(warned).not.toHaveBeenCalled();
	for (let n = 0; n < 200; n++) await send(JSON.stringify([{ body: modern }]));
	expect(warned.mock.calls.length).toBeLessThanOrEqual(60);
});
