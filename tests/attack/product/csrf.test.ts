import superjson from "superjson";
import { describe, expect, test } from "vitest";
import { base, restRoutes } from "@/server/faces/rest/routes";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";
import { givenInputs } from "@/tests/attack/given-inputs";
import { minimalInput } from "@/tests/support/inputs";
import { accounts, asConsole, ask, query, url } from "./ask";

// T20: what a foreign page can make the owner's browser send, against everything that changes something.

const mutations = listProcedures(appRouter).filter(({ type }) => type === "mutation");
const cookie = { cookie: accounts.owner.cookie };
const rest = Object.fromEntries(Object.entries(asConsole("owner")).filter(([name]) => name !== "content-type"));

const foreign: Record<string, Record<string, string>> = {
	"a foreign origin": { origin: "https://evil.test", "sec-fetch-site": "cross-site" },
	"a sibling site": { origin: "https://other.localhost", "sec-fetch-site": "same-site" },
	"the same host on another port": { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" },
	"a null origin": { origin: "null", "sec-fetch-site": "cross-site" },
	"no origin at all": {},
	"a forged origin without our header": { origin: url, "sec-fetch-site": "same-origin", "x-qd-csrf": "" },
};
/** What a form or a beacon can send without asking first. */
const types = [
	"text/plain",
	"application/x-www-form-urlencoded",
	"multipart/form-data; boundary=x",
	"application/json",
	"application/octet-stream",
];

const before = await stateOf();

/** What the owner sees of people and prompts: enough to tell that something was changed. */
async function stateOf(): Promise<string> {
	const seen: string[] = [];
	for (const path of ["users.list", "knowledge.listCollections", "agents.list", "prompts.list", "access.listRoles"]) {
		const input = encodeURIComponent(superjson.stringify({}));
		const { text } = await ask(`/api/trpc/${path}?input=${input}`, { headers: rest });
		seen.push(text.replaceAll(/"lastSeenAt":("[^"]*"|null)/g, ""));
	}
	return seen.join("\n");
}

const bodyOf = ({ path, meta }: (typeof mutations)[number], type: string): string => {
	if (meta.isUpload) return "bytes";
	const json = superjson.stringify(minimalInput(meta.input, givenInputs[path]));
	return type.startsWith("multipart")
		? `--x\r\ncontent-disposition: form-data; name="0"\r\n\r\n${json}\r\n--x--`
		: json;
};

describe.each(Object.entries(foreign))("%s changes nothing", (_, headers) => {
	test.each(mutations)("$path", async (one) => {
		const addresses = [`/api/trpc/${one.path}`, `/api/trpc/${one.path}?batch=1`];
		const asked = types.flatMap((type) =>
			addresses.map(async (address) => {
				const sent = { ...cookie, ...headers, "content-type": type };
				const { status, text } = await ask(address, { method: "POST", body: bodyOf(one, type), headers: sent });
				expect([403, 415], `${type} ${text}`).toContain(status);
			}),
		);
		await Promise.all(asked);
	});
});

const routes = restRoutes().filter(({ type }) => type === "mutation");
// One id for all: of each address an entry is written, and what passes 300 a minute is only counted.
const nobodys = "00000000-0000-4000-8000-000000000000";
const addressOf = ({ face }: (typeof routes)[number]) => base + face.path.replace(/\{\w+\}/g, nobodys);

describe.each(Object.entries(foreign))("%s changes nothing over REST either", (_, headers) => {
	test.each(routes)("$name", async (route) => {
		const { method } = route.face;
		const address = addressOf(route);
		const asked = types.slice(0, 4).map(async (type) => {
			const body = method === "DELETE" ? {} : { body: type.startsWith("multipart") ? "--x--" : "{}" };
			const { status, text } = await ask(address, {
				...{ method, ...body, headers: { ...cookie, ...headers, "content-type": type } },
			});
			expect([status, text.includes('"code":"FORBIDDEN"')], `${type} ${text}`).toEqual([403, true]);
		});
		await Promise.all(asked);
	});
});

test("a foreign page's fetch reads nothing over REST with the cookie that goes along, and is told of no origin", async () => {
	for (const site of ["cross-site", "same-site"]) {
		const sent = {
			cookie: accounts.viewer.cookie,
			"sec-fetch-site": site,
			"sec-fetch-mode": "cors",
			origin: "https://evil.test",
		};
		for (const method of ["GET", "HEAD"]) {
			const { status, headers } = await ask(`${base}/collections`, { method, headers: sent });
			expect(status).toBe(403);
			expect(headers.get("access-control-allow-origin")).toBeNull();
			expect(headers.get("access-control-allow-credentials")).toBeNull();
		}
		const preflight = await ask(`${base}/collections`, {
			...{ method: "OPTIONS", headers: { ...sent, "access-control-request-method": "POST" } },
		});
		expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
	}
	const { text } = await query(
		"audit.list",
		{ filter: { action: { eq: "call.foreign" } }, limit: 200 },
		asConsole("owner"),
	);
	expect(text).toContain(`"resourceId":"GET ${base}/collections"`);
});

test("no method but POST reaches a change, whatever a header claims", async () => {
	const overrides = { "x-http-method-override": "POST", "x-method-override": "POST", "x-http-method": "POST" };
	for (const { path, meta } of mutations) {
		const input = meta.isUpload ? "" : superjson.stringify(minimalInput(meta.input, givenInputs[path]));
		const asked = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"].map(async (method) => {
			const query = `?input=${encodeURIComponent(input)}&_method=POST`;
			const { status } = await ask(`/api/trpc/${path}${query}`, { method, headers: { ...rest, ...overrides } });
			expect([400, 403, 404, 405, 415], `${method} ${path}`).toContain(status);
		});
		await Promise.all(asked);
	}
});

test("none of it changed anything", async () => {
	expect(await stateOf()).toBe(before);
});

test("each of it is in the audit, with whose browser it was and what it was aimed at", async () => {
	for (const { path } of mutations) {
		const named = { action: { eq: "call.foreign" }, resourceId: { eq: `POST /api/trpc/${path}` } };
		const { text } = await query("audit.list", { filter: named, limit: 1 }, asConsole("owner"));
		expect(text, path).toContain(`"userId":"${accounts.owner.userId}"`);
		expect(text, path).toContain('"outcome":"denied"');
	}
});

describe("a foreign page can't sign anybody in or out", () => {
	const csrf = async () => {
		const answer = await ask("/api/auth/csrf");
		const { csrfToken } = JSON.parse(answer.text) as { csrfToken: string };
		const pair = answer.headers
			.getSetCookie()
			.map((one) => one.split(";")[0])
			.join("; ");
		return { csrfToken, pair };
	};
	const { email, password } = accounts.viewer;
	const form = (fields: Record<string, string>) => new URLSearchParams({ ...fields, json: "true" });
	const isSignedIn = ({ headers }: { headers: Headers }) =>
		headers.getSetCookie().some((one) => /session=[^;]{20,}/.test(one));

	test.each(Object.entries(foreign).filter(([, headers]) => "sec-fetch-site" in headers && !("x-qd-csrf" in headers)))(
		"%s, even with a token pair of its own",
		async (_, headers) => {
			const { csrfToken, pair } = await csrf();
			const answer = await ask("/api/auth/callback/credentials", {
				method: "POST",
				headers: { ...headers, cookie: pair },
				body: form({ email, password, csrfToken }),
			});
			expect(isSignedIn(answer)).toBe(false);
			const out = await ask("/api/auth/signout", {
				method: "POST",
				headers: { ...headers, cookie: `${pair}; ${accounts.viewer.cookie}` },
				body: form({ csrfToken }),
			});
			expect(out.status).toBe(403);
			expect((await query("auth.me", {}, { cookie: accounts.viewer.cookie })).status).toBe(200);
		},
	);

	test("nobody is signed in without the token pair, or by a GET", async () => {
		const { csrfToken, pair } = await csrf();
		for (const cookies of ["", pair.replace(/%7C.*$/, "%7Cforged")]) {
			const answer = await ask("/api/auth/callback/credentials", {
				method: "POST",
				headers: { origin: url, cookie: cookies },
				body: form({ email, password, csrfToken: cookies ? csrfToken : "made up" }),
			});
			expect(isSignedIn(answer)).toBe(false);
		}
		const got = await ask(`/api/auth/callback/credentials?${form({ email, password, csrfToken })}`, {
			headers: { cookie: pair },
		});
		expect(isSignedIn(got)).toBe(false);
	});
});
