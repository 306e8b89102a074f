import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { accounts, asConsole, ask, call, url } from "./ask";

// T6: every page and route in every shape that a router may take for the same one, without a session.

/** Stands in what pages show to those who may see it. */
const marker = `canary ${randomUUID()}`;

beforeAll(async () => {
	for (const [path, input] of [
		["knowledge.createCollection", { name: marker, access: "everyone" }],
		["prompts.create", { name: marker, body: marker }],
		["agents.create", { name: marker.slice(0, 60) }],
	] as const)
		expect((await call(path, input, asConsole("owner"))).status).toBe(200);
});

const pages = readdirSync("app/(console)", { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith("page.tsx"))
	.map((file) => `/${file.replace(/\/?page\.tsx$/, "").replaceAll(/\[[^\]]+\]/g, randomUUID())}`);

const upper = (path: string) => path.toUpperCase();
const build = () => readFileSync(join(".next", "BUILD_ID"), "utf8").trim();
/** The same page by other names. */
const disguises = (path: string): string[] => [
	...[path, `${path}/`, `/${path}`, `/.${path}`, `/x/..${path}`, `/%2e${path}`, `/x/%2e%2e${path}`, upper(path)],
	...[`${path}.rsc`, `${path}.txt`, `${path}.json`, `${path}?_rsc=1a2b3`, `${path}.segments/_tree.segment.rsc`],
	...[`${path};x=1`, `${path}%00`, `${path}%2f`, `${path}%5c`, `/en${path}`, `/default${path}`, `${path}/index`],
	...[`/_next/data/${build()}${path}.json`, `/_next/data/${build()}/en${path}.json`, `/_next/image?url=${path}`],
];
/** What Next or a proxy before it may believe. */
const claims: Record<string, string>[] = [
	{},
	{ rsc: "1" },
	{ rsc: "1", "next-router-prefetch": "1" },
	{ rsc: "1", "next-router-prefetch": "1", "next-router-segment-prefetch": "/_tree" },
	{ rsc: "1", "next-router-segment-prefetch": "/__PAGE__", "next-url": "/chat" },
	{ rsc: "1", "next-router-state-tree": encodeURIComponent(JSON.stringify(["", { children: ["__PAGE__", {}] }])) },
	{ "x-middleware-subrequest": Array(6).fill("middleware").join(":") },
	{ "x-middleware-subrequest": Array(6).fill("src/middleware").join(":") },
	{ "x-middleware-subrequest": "proxy:proxy:proxy:proxy:proxy", "x-middleware-subrequest-id": "1" },
	{ "x-middleware-next": "1", "x-middleware-rewrite": "/users", "x-matched-path": "/users", "x-invoke-path": "/users" },
	{ "x-nextjs-data": "1", "x-now-route-matches": "1=users", "x-nextjs-matched-path": "/users" },
	{
		"x-original-url": "/sign-in",
		"x-rewrite-url": "/sign-in",
		"x-forwarded-host": "evil.test",
		forwarded: "for=127.0.0.1",
	},
	{ "x-qd-address": "127.0.0.1", "x-real-ip": "127.0.0.1", "x-forwarded-for": "127.0.0.1" },
	{ cookie: "qd_session=x; __Secure-next-auth.session-token=x", authorization: "Bearer x" },
	{ "x-prerender-revalidate": "1", "x-next-revalidated-tags": "x" },
];

/** The path as it stands, which `fetch` would tidy up. */
const raw = (path: string, headers: Record<string, string>, method = "GET") =>
	new Promise<{ status: number; text: string }>((resolve, reject) => {
		const { hostname, port } = new URL(url);
		const sent = request({ hostname, port, path, method, headers }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part) => parts.push(part));
			answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }));
		});
		sent.on("error", reject).end();
	});

const tellsNothing = (text: string) => {
	expect(text).not.toContain(marker);
	for (const { email, userId } of Object.values(accounts)) {
		expect(text).not.toContain(email);
		expect(text).not.toContain(userId);
	}
};

test("the marker stands in the pages of those who may see it, so that its absence tells something", async () => {
	for (const page of ["/knowledge", "/prompts", "/agents"]) {
		const { status, text } = await ask(page, { headers: { cookie: accounts.owner.cookie } });
		expect(status).toBe(200);
		expect(text, page).toContain(marker);
	}
});

describe("no page in any shape tells a stranger anything", () => {
	test.each(pages)("%s", async (page) => {
		for (const path of disguises(page)) {
			const { status, text } = await raw(path, {});
			expect(status, path).toBeLessThan(500);
			tellsNothing(text);
		}
		for (const headers of claims) {
			for (const path of [page, `${page}?_rsc=1a2b3`]) {
				const { status, text } = await raw(path, headers);
				expect(status, JSON.stringify(headers)).toBeLessThan(500);
				tellsNothing(text);
			}
		}
	});
});

test("no API route in any shape answers a stranger", async () => {
	const input = `?input=${encodeURIComponent('{"json":{}}')}`;
	const names = ["users.list", "auth.me", "audit.list"];
	const shapes = names.flatMap((name) => [
		...[`/api/trpc/${name}`, `/api/trpc/${name}/`, `//api/trpc/${name}`, `/api//trpc/${name}`, `/./api/trpc/${name}`],
		...[`/api/trpc/${name.replace(".", "%2e")}`, `/api/%74rpc/${name}`, `/API/trpc/${name}`, `/x/../api/trpc/${name}`],
		...[`/api/trpc/${name}.rsc`, `/_next/data/${build()}/api/trpc/${name}.json`, `/api/trpc/${name}%00`],
	]);
	for (const path of [...shapes, "/api/v1/users", "/api/v1//users", "/api/v1/audit", "/API/V1/users", "/api/v1/users/"])
		for (const headers of claims) {
			const { status, text } = await raw(path + input, headers);
			expect(status, `${path} ${JSON.stringify(headers)}`).toBeLessThan(500);
			tellsNothing(text);
			if (status === 200) expect(text).toContain("<!DOCTYPE html>");
		}
});

test("no Server Action can be called, known or guessed", async () => {
	for (const page of ["/", "/sign-in", "/users", "/chat"])
		for (const id of ["0".repeat(40), "0".repeat(42), "$ACTION_ID_x", "__proto__"])
			for (const type of ["text/plain;charset=UTF-8", "multipart/form-data; boundary=x", "application/json"]) {
				const headers = { "next-action": id, "content-type": type, origin: url };
				const { status, text } = await ask(page, { method: "POST", headers, body: "[]" });
				expect([303, 307, 308, 400, 403, 404, 405, 409, 415], `${page} ${id} ${type}`).toContain(status);
				tellsNothing(text);
			}
});

test("no file of ours is served", async () => {
	const files = [
		"package.json",
		".env",
		".git/config",
		".data/secrets.json",
		"dist/web.mjs",
		".next/BUILD_ID",
		"etc/passwd",
	];
	const ways = [
		"/",
		"/../",
		"/..%2f",
		"/%2e%2e/",
		"/_next/static/../../",
		"/_next/static/..%2f..%2f",
		"/public/",
		"/static/",
	];
	for (const file of files)
		for (const way of ways) {
			const { status, text } = await raw(`${way}${file}`, {});
			expect([400, 403, 404, 308], `${way}${file}`).toContain(status);
			expect(text).not.toMatch(/"dependencies"|QD_AUTH_SECRET|\[core\]|root:x:/);
		}
	expect((await raw("/", {}, "TRACE")).status).not.toBe(200);
});
