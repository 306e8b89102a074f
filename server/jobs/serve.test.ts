import { createHmac } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";

const signingKey = "signkey-prod-0123456789abcdef";
const url = "http://console.example/api/inngest";

/** The handler as a process with this environment has it. */
async function handlerWith(variables: Record<string, string>) {
	vi.resetModules();
	vi.stubEnv("QD_LOG_LEVEL", "error");
	for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
	return (await import("./serve")).POST;
}
const withServer = { INNGEST_BASE_URL: "http://127.0.0.1:1", INNGEST_EVENT_KEY: "k", INNGEST_SIGNING_KEY: signingKey };
const call = (
	handle: (request: Request) => Promise<Response>,
	method: string,
	headers: Record<string, string> = {},
	body = "",
) =>
	handle(
		new Request(`${url}?fnId=quarterdeck-prune&stepId=step`, {
			method,
			headers: { host: "console.example", "content-type": "application/json", ...headers },
			...(method === "GET" ? {} : { body }),
		}),
	);

afterEach(() => {
	vi.unstubAllEnvs();
	vi.resetModules();
});

test("without an Inngest server there is nothing at its address", async () => {
	const handle = await handlerWith({});
	for (const method of ["GET", "POST", "PUT"]) expect((await call(handle, method)).status).toBe(404);
});

describe("with an Inngest server", () => {
	test("nothing is served without a signature", async () => {
		const handle = await handlerWith(withServer);
		const inBand = { "x-inngest-sync-kind": "in_band" };
		expect((await call(handle, "GET")).status).toBe(401);
		expect((await call(handle, "POST", {}, "{}")).status).toBe(401);
		expect((await call(handle, "PUT", inBand, JSON.stringify({ url }))).status).toBe(401);
		expect((await call(handle, "PUT", {}, JSON.stringify({ url }))).status).toBe(401);
		expect((await call(handle, "POST", { "x-inngest-signature": "t=1&s=00" }, "{}")).status).toBe(401);
	});

	/** As a server signs it, so many seconds ago. */
	const signed = (body: string, secondsAgo = 0) => {
		const seconds = Math.floor(Date.now() / 1_000) - secondsAgo;
		const mac = createHmac("sha256", signingKey.replace("signkey-prod-", "")).update(`${body}${seconds}`).digest("hex");
		return { "x-inngest-sync-kind": "in_band", "x-inngest-signature": `t=${seconds}&s=${mac}` };
	};

	test("what the server signed is served: the functions, with the address to call", async () => {
		const handle = await handlerWith(withServer);
		const body = JSON.stringify({ url });
		const response = await call(handle, "PUT", signed(body), body);
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({
			functions: expect.arrayContaining([expect.objectContaining({ id: "quarterdeck-prune" })]),
		});
	});

	test("what was signed long ago, or says something else than what was signed, is not served", async () => {
		const handle = await handlerWith(withServer);
		const body = JSON.stringify({ url });
		const status = async (headers: Record<string, string>, sent: string) =>
			(await call(handle, "PUT", headers, sent)).status;
		expect(await status(signed(body), body)).toBe(200);
		expect(await status(signed(body, 3_600), body)).toBe(401);
		expect(await status(signed(body), JSON.stringify({ url: `${url}x` }))).toBe(401);
		const { "x-inngest-signature": signature = "" } = signed(body);
		for (const forged of [signature.replace(/s=./, "s=z"), signature.split("&")[0] ?? "", ""])
			expect(await status({ ...signed(body), "x-inngest-signature": forged }, body)).toBe(401);
	});
});
