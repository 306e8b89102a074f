import superjson from "superjson";
import type { z } from "zod";
import { listProcedures } from "@/server/procedures/catalogue";
import { appRouter } from "@/server/trpc/root";

/** One way to call one procedure. */
export type Operation = {
	face: "rpc" | "rest";
	path: string;
	type: "query" | "mutation" | "subscription";
	input: z.ZodType;
	isUpload: boolean;
	/** Of REST: method and path below /api/v1. */
	method: string;
	address: string;
};
export type Sent = { method: string; url: string; body?: BodyInit; type?: string };

/** Every procedure over RPC, and every one over REST that has that face. */
export const operations: Operation[] = listProcedures(appRouter).flatMap(({ path, type, meta }) => {
	const same = { path, type, input: meta.input, isUpload: meta.isUpload };
	const method = type === "mutation" ? "POST" : "GET";
	const rpc: Operation = { ...same, face: "rpc", method, address: `/api/trpc/${path}` };
	const { rest } = meta;
	return rest ? [rpc, { ...same, face: "rest" as const, method: rest.method, address: `/api/v1${rest.path}` }] : [rpc];
});

/** What is done to an input once it is written as JSON, and what superjson is told of it. */
export type Twist = { spoil?: (json: unknown) => unknown; meta?: unknown };

/** The input as the face takes it; what can't be written so is left out. */
export function writeCall(operation: Operation, input: unknown, twist: Twist = {}): Sent {
	if (operation.isUpload)
		return { method: operation.method, url: urlOf(operation), body: "bytes", type: "application/octet-stream" };
	const said = superjson.serialize(input);
	const json = twist.spoil ? twist.spoil(said.json ?? null) : said.json;
	if (operation.face === "rest") return restCall(operation, json);
	return rpcCall(operation, "meta" in twist ? { json, meta: twist.meta } : { ...said, json });
}

/** Bytes where an input should be. */
export function writeRaw(operation: Operation, bytes: Buffer): Sent {
	const url = urlOf(operation);
	if (operation.method === "GET" || operation.method === "DELETE") {
		const said = [...bytes.subarray(0, 4_000)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
		return { method: operation.method, url: `${url}?${operation.face === "rpc" ? "input" : "filter"}=${said}` };
	}
	const type = operation.isUpload ? "application/octet-stream" : "application/json";
	return { method: operation.method, url, body: new Uint8Array(bytes), type };
}

function rpcCall({ method, address }: Operation, said: object): Sent {
	const text = JSON.stringify(said);
	if (method === "GET")
		return { method, url: `${address}?input=${encodeURIComponent(text.slice(0, 8_000).toWellFormed())}` };
	return { method, url: address, body: text, type: "application/json" };
}

function restCall(operation: Operation, input: unknown): Sent {
	const { method, address } = operation;
	const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
	if (typeof input !== "object" || input === null || Array.isArray(input))
		return method === "GET" || method === "DELETE"
			? {
					method,
					url: `${urlOf(operation)}?${encodeURIComponent(String(JSON.stringify(input)).slice(0, 4_000).toWellFormed())}`,
				}
			: { method, url: urlOf(operation), body: JSON.stringify(input), type: "application/json" };
	const url = address.replace(/\{(\w+)\}/g, (_, name: string) => {
		const value: unknown = Reflect.get(input, name);
		return encodeURIComponent(wordOf(value).slice(0, 4_000).toWellFormed()) || "%20";
	});
	const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));
	if (method === "GET" || method === "DELETE") return { method, url: `${url}?${queryOf(rest)}` };
	return { method, url, body: JSON.stringify(rest), type: "application/json" };
}

const urlOf = ({ address }: Operation) => address.replace(/\{\w+\}/g, "00000000-0000-4000-8000-000000000000");
const wordOf = (value: unknown): string =>
	value instanceof Date
		? value.toISOString()
		: typeof value === "object"
			? String(JSON.stringify(value))
			: String(value);

/** `filter[name][eq]=a&fields=id`, as deep as a query goes. */
function queryOf(input: object, before = "", depth = 0): string {
	const parts = Object.entries(input).flatMap(([name, value]): string[] => {
		const key = before ? `${before}[${name}]` : name;
		if (value === undefined) return [];
		if (Array.isArray(value)) return value.slice(0, 50).map((one) => `${escaped(key)}=${escaped(wordOf(one))}`);
		if (typeof value === "object" && value !== null && !(value instanceof Date) && depth < 4)
			return [queryOf(value, key, depth + 1)];
		return [`${escaped(key)}=${escaped(wordOf(value))}`];
	});
	return parts.filter(Boolean).join("&").slice(0, 8_000);
}

const escaped = (text: string) => encodeURIComponent(text.slice(0, 4_000).toWellFormed());
