import superjson from "superjson";
import { csrfHeaders } from "@/components/trpc/api";
import type { ProcedureDetail, ProcedureEntry } from "@/server/procedures/contract";

export type Face = ProcedureEntry["faces"][number];
/** A request as it goes out, with all that its face makes of it. `body` is null where it has none, and a file where it is one. */
export type Asked = { method: string; address: string; headers: Record<string, string>; body: string | File | null };
type Input = Record<string, unknown>;

const json = { "content-type": "application/json" };
const bytes = { "content-type": "application/octet-stream" };

/** The same call through one of its faces. */
export function requestOf(
	entry: ProcedureDetail,
	face: Face,
	given: { input: Input; file?: File | null; agentId?: string | null },
): Asked {
	switch (face) {
		case "rpc":
			return rpcOf(entry.path, entry.type === "mutation" ? "POST" : "GET", given);
		case "rest":
			return restOf(entry.rest ?? "", given);
		case "mcp":
			return {
				method: "POST",
				address: "/api/mcp",
				headers: { ...json, ...csrfHeaders, accept: "application/json, text/event-stream" },
				body: JSON.stringify(
					{
						...{ jsonrpc: "2.0", id: 1, method: "tools/call" },
						params: { name: entry.path.replaceAll(".", "_"), arguments: given.input },
					},
					null,
					2,
				),
			};
		case "tool":
			return rpcOf("procedures.tryTool", "POST", {
				input: { procedure: entry.path, agentId: given.agentId ?? "", input: given.input },
			});
	}
}

function rpcOf(path: string, method: "GET" | "POST", { input, file }: { input: Input; file?: File | null }): Asked {
	const text = superjson.stringify(input);
	if (method === "GET")
		return { method, address: `/api/trpc/${path}?input=${encodeURIComponent(text)}`, headers: {}, body: null };
	const headers = file ? bytes : json;
	return { method, address: `/api/trpc/${path}`, headers: { ...headers, ...csrfHeaders }, body: file ?? text };
}

function restOf(rest: string, { input, file }: { input: Input; file?: File | null }): Asked {
	const [method = "GET", path = "/"] = rest.split(" ");
	const inPath = new Set([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
	const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(input[name] ?? "")));
	const others = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.has(name)));
	const csrf = method === "GET" ? {} : csrfHeaders;
	if (file) return { method, address: `/api/v1${filled}`, headers: { ...bytes, ...csrf }, body: file };
	if (method === "GET" || method === "DELETE") {
		const query = pairsOf(others).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
		const search = query.length > 0 ? `?${query.join("&")}` : "";
		return { method, address: `/api/v1${filled}${search}`, headers: csrf, body: null };
	}
	return { method, address: `/api/v1${filled}`, headers: { ...json, ...csrf }, body: JSON.stringify(others, null, 2) };
}

/** `{ filter: { state: { in: ["a", "b"] } } }` → `filter[state][in]=a`, `filter[state][in]=b` */
function pairsOf(value: unknown, name = ""): [string, string][] {
	if (value === null || value === undefined) return [];
	if (Array.isArray(value)) return value.flatMap((one) => pairsOf(one, name));
	if (typeof value === "object")
		return Object.entries(value).flatMap(([key, one]) => pairsOf(one, name ? `${name}[${key}]` : key));
	return [[name, String(value)]];
}

/** As it stands on the wire, but for what a browser adds by itself. */
export function wireText({ method, address, headers, body }: Asked): string {
	const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	const said = typeof body === "string" ? `\n\n${body}` : body ? `\n\n(the bytes of ${body.name})` : "";
	return `${[`${method} ${address}`, ...head].join("\n")}${said}`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** For a shell: a token stands where a browser has its session. */
export function curlOf({ method, address, headers, body }: Asked, origin: string): string {
	const own = Object.entries(headers).filter(([name]) => !(name in csrfHeaders));
	return [
		`curl ${method === "GET" ? "" : `-X ${method} `}${quoted(origin + address)}`,
		'-H "Authorization: Bearer $TOKEN"',
		...own.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
		...(typeof body === "string" ? [`-d ${quoted(body)}`] : body ? [`--data-binary ${quoted(`@${body.name}`)}`] : []),
	].join(" \\\n  ");
}
