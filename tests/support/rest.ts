import type { Database } from "@/db/connection";
import type { UserActor } from "@/server/core/actor";
import { restHandler } from "@/server/faces/rest/handler";
import { cookieOf } from "./session";

export const origin = "http://localhost:3000";
type Json = Record<string, unknown>;
/** What a call may add; a header that is undefined is left out. */
type More = { body?: unknown; headers?: Record<string, string | undefined> };
export type Answer = { status: number; headers: Headers; body: Json; text: string };
export type RestClient = (call: `${string} /${string}`, more?: More) => Promise<Answer>;

/** Somebody who calls the REST face as a page of our own does: with a session, or as a stranger. */
export async function restClient(db: Database, person: UserActor | null, session?: string): Promise<RestClient> {
	const cookie = session ?? (person ? await cookieOf(db, person) : undefined);
	return async (call, { body, headers = {} } = {}) => {
		const [, method = "GET", path = "/"] = /^(\w+) (.*)$/.exec(call) ?? [];
		const isRaw = body instanceof Uint8Array || typeof body === "string";
		const all = {
			host: "localhost:3000",
			origin: method === "GET" ? undefined : origin,
			"x-qd-csrf": method === "GET" ? undefined : "1",
			"content-type": body === undefined ? undefined : "application/json",
			cookie,
			...headers,
		};
		const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
		const init: RequestInit = { method, headers: sent };
		if (body !== undefined) init.body = isRaw ? (body as BodyInit) : JSON.stringify(body);
		const response = await restHandler(new Request(`${origin}/api/v1${path}`, init));
		const text = await response.text();
		const isJson = text !== "" && /json/.test(response.headers.get("content-type") ?? "");
		return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : {}, text };
	};
}
