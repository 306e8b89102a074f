import { randomUUID } from "node:crypto";
import superjson from "superjson";
import { expect, test } from "vitest";
import { connect } from "@/tests/support/client";
import { accounts, ask, url } from "./ask";

// T18: what is counted is the account and the call, however it is dressed.

async function newcomer() {
	const account = { email: `limited-${randomUUID()}@example.test`, password: `canary ${randomUUID()}` };
	const owner = await connect(url, accounts.owner);
	await owner.api.users.create.mutate({ ...account, name: "Limited", role: "viewer" });
	return account;
}

/** Whether a sign-in with these words gave a session. */
async function signsIn(email: string, password: string, headers: Record<string, string> = {}): Promise<boolean> {
	const csrf = await ask("/api/auth/csrf", { headers });
	const { csrfToken } = JSON.parse(csrf.text) as { csrfToken: string };
	const pair = csrf.headers.getSetCookie().map((one) => one.split(";")[0]);
	const answer = await ask("/api/auth/callback/credentials", {
		method: "POST",
		headers: { origin: url, cookie: pair.join("; "), ...headers },
		body: new URLSearchParams({ email, password, csrfToken, json: "true" }),
	});
	return answer.headers.getSetCookie().some((one) => /session=[^;]{20,}/.test(one));
}

test("guesses are counted by account, whatever address, case or space they come with", async () => {
	const { email, password } = await newcomer();
	expect(await signsIn(email.toUpperCase(), password)).toBe(true);
	const dresses: [string, Record<string, string>][] = [
		[email, { "x-forwarded-for": "198.51.100.1" }],
		[email.toUpperCase(), { "x-forwarded-for": "2001:db8::1, 10.0.0.1" }],
		[` ${email} `, { forwarded: "for=198.51.100.2;proto=https" }],
		[`\t${email}`, { "x-real-ip": "198.51.100.3", "true-client-ip": "198.51.100.3" }],
		[email.replace("limited", "Limited"), { "x-qd-address": "198.51.100.4", "cf-connecting-ip": "198.51.100.4" }],
	];
	await Promise.all(
		Array.from({ length: 25 }, async (_, at) => {
			const [name, headers] = dresses[at % dresses.length] ?? [email, {}];
			expect(await signsIn(name, `wrong ${at}`, { ...headers, "x-client-ip": `203.0.113.${at}` })).toBe(false);
		}),
	);
	// Even the right password has to wait now; nobody else has to.
	expect(await signsIn(email, password, { "x-forwarded-for": "192.0.2.77" })).toBe(false);
	expect(await signsIn(accounts.viewer.email, accounts.viewer.password)).toBe(true);
});

const batch = (path: string, calls: number, headers: Record<string, string>) => {
	const input = Object.fromEntries(Array.from({ length: calls }, (_, at) => [at, superjson.serialize({})]));
	const paths = Array(calls).fill(path).join(",");
	return ask(`/api/trpc/${paths}?batch=1&input=${encodeURIComponent(JSON.stringify(input))}`, { headers });
};

test("a batch holds ten calls and no more", async () => {
	const headers = { cookie: accounts.viewer.cookie };
	expect((await batch("auth.me", 10, headers)).status).toBe(200);
	expect((await batch("auth.me", 11, headers)).status).toBe(400);
	// So many don't even fit into an address.
	for (const calls of [100, 500]) expect([400, 431]).toContain((await batch("auth.me", calls, headers)).status);
});

test("calls in batches are counted one by one, also 200 at once; nobody else's are", async () => {
	const account = await newcomer();
	const { headers } = await connect(url, account);
	let done = 0;
	let refused = 0;
	const ask10 = async () => {
		const { text } = await batch("auth.me", 10, headers);
		done += text.split('"result"').length - 1;
		refused += text.split('"problem":"LIMIT_REACHED"').length - 1;
	};
	for (let round = 0; round < 7; round += 1) await Promise.all(Array.from({ length: 20 }, ask10));
	expect(done + refused).toBe(1_400);
	expect(done).toBe(1_200);
	expect((await batch("auth.me", 10, { cookie: accounts.staff.cookie })).text).not.toContain("LIMIT_REACHED");
});
