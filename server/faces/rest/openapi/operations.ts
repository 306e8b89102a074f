import { type ErrorCode, errorTable } from "@/server/core/errors";
import { problems } from "../problem";
import { base, paramsOf, type Route } from "../routes";
import { exampleOf } from "./examples";
import { parametersOf } from "./parameters";
import { type Json, jsonSchemaOf } from "./schemas";

const json = (schema: Json, example: unknown): Json => ({ "application/json": { schema, example } });

const featureOf = ({ name }: Route): string => name.split(".")[0] ?? name;

/** One operation of the document. */
export function operationOf(route: Route, components: Json): Json {
	const { face, meta, name, type } = route;
	const input = meta.isUpload ? {} : jsonSchemaOf(meta.input, { io: "input", feature: featureOf(route) }, components);
	const body = bodyOf(route, input, components);
	return {
		operationId: name,
		tags: [featureOf(route)],
		summary: meta.summary?.replace(/\.$/, ""),
		description: [meta.description ?? meta.tool ?? meta.summary, whoMay(route)].join("\n\n"),
		...(face.deprecated ? { deprecated: true } : {}),
		security: meta.permission === null ? [] : [{ bearer: [] }, { apiKey: [] }, { session: [] }],
		parameters: parametersOf(route, input, components),
		...(body ? { requestBody: body } : {}),
		responses: { ...successOf(route, components), ...failuresOf(route, type) },
	};
}

function whoMay({ meta, face }: Route): string {
	const who = meta.permission === null ? "It needs no identity." : `It needs the right \`${meta.permission}\`.`;
	const how = {
		read: "",
		write: " It leaves a row in the audit.",
		danger: " It can do harm: it leaves a row in the audit, and an agent that asks for it waits for an approval.",
	};
	const end = face.deprecated?.sunset ? ` It ends on ${face.deprecated.sunset}.` : "";
	return who + how[meta.risk] + end;
}

function bodyOf(route: Route, input: Json, components: Json): Json | null {
	if (route.meta.isUpload)
		return {
			required: true,
			description: "The bytes of the file, at most 25 MB.",
			content: { "application/octet-stream": { schema: { type: "string", format: "binary" } } },
		};
	if (route.face.method === "GET" || route.face.method === "DELETE") return null;
	const inPath = paramsOf(route);
	const properties = Object.fromEntries(
		Object.entries((input.properties ?? {}) as Json).filter(([name]) => !inPath.includes(name)),
	);
	if (Object.keys(properties).length === 0) return null;
	const required = ((input.required ?? []) as string[]).filter((name) => !inPath.includes(name));
	const schema = { ...input, properties, required, additionalProperties: false };
	const name = `${route.name.replace(/(^|\.)(\w)/g, (_, __, letter: string) => letter.toUpperCase())}Input`;
	components[name] = schema;
	const pointer = { $ref: `#/components/schemas/${name}` };
	return { required: required.length > 0, content: json(pointer, exampleOf(schema, components)) };
}

const requestId: Json = { "X-Request-Id": { $ref: "#/components/headers/RequestId" } };

function successOf(route: Route, components: Json): Json {
	const { face, meta, type } = route;
	const schema = jsonSchemaOf(meta.output, { io: "output", feature: featureOf(route) }, components);
	if (type === "subscription")
		return {
			"200": {
				description:
					"The events as they happen, each with its id; `data` of each is this, as JSON. A failure in mid-stream is an event named `problem`.",
				headers: requestId,
				content: { "text/event-stream": { schema, example: exampleOf(schema, components) } },
			},
			"204": { description: "It is over, and the client has all of it.", headers: requestId },
		};
	const headers = {
		...requestId,
		...(type === "query" ? { ETag: { $ref: "#/components/headers/ETag" } } : {}),
		...(face.location
			? { Location: { description: `Its address: ${base}${face.location}.`, schema: { type: "string" } } }
			: {}),
	};
	const said = {
		200: "Done.",
		201: "Made.",
		202: "Begun: it goes on after this answer.",
		204: "Done; there is nothing more to say.",
	};
	const description = type === "query" ? "The answer." : said[face.status];
	const success: Json =
		face.status === 204
			? { description, headers }
			: { description, headers, content: json(schema, exampleOf(schema, components)) };
	return {
		[face.status]: success,
		...(type === "query" ? { "304": { description: "Still what the caller has.", headers: requestId } } : {}),
	};
}

/** The failures that an operation can end in, by what it takes and does. */
function failuresOf(route: Route, type: Route["type"]): Json {
	const { face, meta } = route;
	const hasBody = type === "mutation" && face.method !== "DELETE";
	const codes: ErrorCode[] = [
		"INVALID_INPUT",
		...(meta.permission === null ? [] : (["UNAUTHENTICATED", "FORBIDDEN"] as const)),
		...(paramsOf(route).length > 0 ? (["NOT_FOUND"] as const) : []),
		...(type === "mutation" ? (["CONFLICT"] as const) : []),
		...(hasBody ? (["TOO_LARGE", "UNSUPPORTED"] as const) : []),
		...(face.method === "POST" ? (["KEY_REUSED"] as const) : []),
		...(takesVersion(route) ? (["CHANGED"] as const) : []),
		...(["LIMIT_REACHED", "INTERNAL", "UNAVAILABLE", "TIMEOUT"] as const),
	];
	return Object.fromEntries(codes.map((code) => [errorTable[code].status, { $ref: `#/components/responses/${code}` }]));
}

const takesVersion = ({ type, face }: Route): boolean => type === "mutation" && face.revision !== null;

/** What each failure looks like, under its code. */
export function failureResponses(): Json {
	return Object.fromEntries(
		Object.entries(problems).map(([code, { title, advice }]) => {
			const { status } = errorTable[code as ErrorCode];
			const example = {
				type: `/api/docs#problem-${code.toLowerCase().replaceAll("_", "-")}`,
				title,
				status,
				detail: code === "INVALID_INPUT" ? "name: A name is needed." : advice,
				code,
				requestId: "0d5e3b3e-6a1c-4a52-9d4e-4a6f5e2b7c11",
				...(code === "INVALID_INPUT" ? { errors: [{ field: "/name", message: "A name is needed." }] } : {}),
			};
			return [
				code,
				{
					description: `${title}. ${advice}`,
					headers: requestId,
					content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, example } },
				},
			];
		}),
	);
}
