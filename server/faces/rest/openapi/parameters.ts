import type { Route } from "../routes";
import { paramsOf } from "../routes";
import { exampleOf } from "./examples";
import type { Json } from "./schemas";

const header = (name: string, description: string, example: string): Json => ({
	name,
	in: "header",
	description,
	required: false,
	schema: { type: "string" },
	example,
});

/** The headers that any operation may take, under the names by which operations point to them. */
export const headerParameters: Json = {
	IdempotencyKey: header(
		"Idempotency-Key",
		"The same key with the same input gives the first answer again, without doing it again, for 24 hours; with another input it is refused (422).",
		"0d5e3b3e-6a1c-4a52-9d4e-4a6f5e2b7c11",
	),
	IfNoneMatch: header(
		"If-None-Match",
		"An ETag that the caller has: an answer that is still the same comes as 304, without a body.",
		'"pGUjzYyKcyHhLkZ0m8wZ5vA2s1Q"',
	),
	IfMatch: header(
		"If-Match",
		"The ETag that was read: the change is refused (412) where somebody changed it since.",
		'"3.pGUjzYyKcyHhLkZ0m8wZ5vA2s1Q"',
	),
	LastEventId: header(
		"Last-Event-ID",
		"The id of the last event that the client has: the stream goes on after it.",
		"12",
	),
};
const pointTo = (name: string): Json => ({ $ref: `#/components/parameters/${name}` });

/** Everything of an operation's input that does not stand in its body. */
export function parametersOf(route: Route, input: Json, components: Json): Json[] {
	const properties = (input.properties ?? {}) as Record<string, Json>;
	const required = new Set((input.required ?? []) as string[]);
	const inPath = paramsOf(route);
	const path = inPath.map((name) => parameter("path", name, properties[name] ?? {}, components, true));
	const isQuery = route.face.method === "GET" || route.face.method === "DELETE";
	const rest = Object.entries(properties).filter(([name]) => !inPath.includes(name));
	const query = isQuery ? rest.flatMap(([name, one]) => queryOf(name, one, components, required.has(name))) : [];
	return [...path, ...query, ...headersOf(route, properties)];
}

/** An object is written out, `filter[state][eq]`, as no style of OpenAPI says more than one level. */
function queryOf(name: string, schema: Json, components: Json, isRequired: boolean): Json[] {
	const inner = (schema.properties ?? null) as Record<string, Json> | null;
	if (!inner) return [parameter("query", name, schema, components, isRequired)];
	return Object.entries(inner).flatMap(([key, one]) => queryOf(`${name}[${key}]`, one, components, false));
}

function parameter(at: "path" | "query", name: string, schema: Json, components: Json, required: boolean): Json {
	const { description, ...rest } = schema;
	const last = name.match(/\w+(?=\]?$)/)?.[0] ?? name;
	const words = name.includes("[") ? `${fieldOf(name)}: ${String(description ?? "")}` : description;
	const example = exampleOf(rest, components, last);
	return { name, in: at, description: words, required, schema: rest, ...(example === null ? {} : { example }) };
}

/** `filter[state][eq]` → `state` */
const fieldOf = (name: string) => name.split(/[[\]]+/)[1] ?? name;

function headersOf({ face, type }: Route, properties: Record<string, Json>): Json[] {
	if (type === "query") return [pointTo("IfNoneMatch")];
	if (type === "subscription") return "lastEventId" in properties ? [pointTo("LastEventId")] : [];
	return [
		...(face.method === "POST" ? [pointTo("IdempotencyKey")] : []),
		...(face.revision ? [pointTo("IfMatch")] : []),
	];
}
