import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import superjson from "superjson";
import { expect, inject } from "vitest";
import type { Role } from "@/server/core/permissions";

export const product = inject("product");
export const { url, accounts } = product;

/** What must never be seen: in no answer, in no log. */
export const canaries: string[] = [
	...Object.values(accounts).map(({ password }) => password),
	...Object.values(secretsOf(product.data)),
	"sk-canary-model-key",
	"$argon2id$",
];

function secretsOf(data: string): Record<string, string> {
	return JSON.parse(readFileSync(join(data, "secrets.json"), "utf8")) as Record<string, string>;
}

export type Answer = { status: number; text: string; headers: Headers };
type Init = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

/** One request, and what holds of every answer: it is no failure of ours and holds no secret. */
export async function ask(path: string, init: Init = {}): Promise<Answer> {
	const answer = await fetch(new URL(path, url), { redirect: "manual", ...init });
	const text = await answer.text();
	expect(answer.status, `${init.method ?? "GET"} ${path} ${text.slice(0, 300)}`).toBeLessThan(500);
	for (const canary of canaries) expect(text.includes(canary), `a secret in the answer to ${path}`).toBe(false);
	return { status: answer.status, text, headers: answer.headers };
}

/** As the console sends it. */
export const asConsole = (role: Role): Record<string, string> => ({
	cookie: accounts[role].cookie,
	origin: url,
	"sec-fetch-site": "same-origin",
	"x-qd-csrf": "1",
	"content-type": "application/json",
});

export const call = (path: string, input: unknown, headers: Record<string, string>): Promise<Answer> =>
	ask(`/api/trpc/${path}`, { method: "POST", headers, body: superjson.stringify(input) });
export const query = (path: string, input: unknown, headers: Record<string, string>): Promise<Answer> =>
	ask(`/api/trpc/${path}?input=${encodeURIComponent(superjson.stringify(input))}`, { headers });

/** All that the product has logged so far. */
export function logs(): string {
	const folder = join(product.data, "logs");
	return readdirSync(folder)
		.map((name) => readFileSync(join(folder, name), "utf8"))
		.join("\n");
}
