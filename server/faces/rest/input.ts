import { z } from "zod";
import { AppError, invalidField } from "@/server/core/errors";
import { LateInput } from "@/server/trpc/late-input";
import { readText } from "@/server/trpc/request-guard";
import { fromJson, fromText } from "./coerce";
import { type Found, paramsOf, type Route } from "./routes";

type Fields = Record<string, unknown>;

/** What path, query and body say together, as the procedure's input. The gate reads it once the caller may call. */
export function inputOf(route: Route, { params }: Found, request: Request): LateInput {
	const search = new URL(request.url).searchParams;
	const hasBody = route.face.method !== "GET" && route.face.method !== "DELETE";
	return new LateInput(async () => {
		if (route.meta.isUpload) return bytesOf(request, search);
		const path = fromText(route.meta.input, params) as Fields;
		if (!hasBody)
			return withRevision(
				route,
				request,
				together(route, path, withResumption(route, request, readQuery(route.meta.input, search))),
			);
		refuseKeys([...new Set(search.keys())], "Send it in the body: this call reads no query.");
		const body = await readBody(request);
		if (!isFields(body)) throw new AppError("INVALID_INPUT", "Send a JSON object as the body.");
		return withRevision(route, request, together(route, path, fromJson(route.meta.input, body) as Fields));
	});
}

function together(route: Route, path: Fields, rest: Fields): Fields {
	refuseKeys(
		paramsOf(route).filter((name) => Object.hasOwn(rest, name)),
		"This stands in the path already.",
	);
	return Object.assign(rest, path);
}

/** If-Match says which revision a change is based on: our tags begin with it. */
function withRevision(route: Route, request: Request, input: Fields): Fields {
	const match = request.headers.get("if-match")?.trim();
	if (!match || match === "*" || route.type === "query") return input;
	const { revision } = route.face;
	if (!revision) throw new AppError("INVALID_INPUT", "If-Match: what this call changes has no revision.");
	const based = /^"(\d{1,9})[."]/.exec(match)?.[1];
	if (!based) throw new AppError("CHANGED", "If-Match holds no tag of ours: read it anew.");
	if (Object.hasOwn(input, revision) && input[revision] !== Number(based))
		throw invalidField(revision, "This and If-Match name two revisions.");
	return Object.assign(input, { [revision]: Number(based) });
}

/** A stream goes on after the event that its reader has, as EventSource says it. */
function withResumption(route: Route, request: Request, query: Fields): Fields {
	const last = request.headers.get("last-event-id");
	const takesIt = route.meta.input instanceof z.ZodObject && "lastEventId" in route.meta.input.shape;
	if (last && takesIt && !Object.hasOwn(query, "lastEventId")) query.lastEventId = last;
	return query;
}

const keyForm = /^[A-Za-z]\w*(\[[A-Za-z]\w*\]){0,4}(\[\])?$/;

/** `limit=5&filter[state][eq]=failed&fields=id&fields=name` as an object. A key of no such form stays whole, and is refused by name. */
export function readQuery(schema: z.ZodType, search: URLSearchParams): Fields {
	const fields: Fields = Object.create(null);
	for (const [key, value] of search) {
		const path = keyForm.test(key) ? key.split(/[[\]]+/).filter(Boolean) : [key];
		put(fields, path, key, value);
	}
	return fromText(schema, fields) as Fields;
}

function put(fields: Fields, path: string[], whole: string, value: string): void {
	let at = fields;
	for (const part of path.slice(0, -1)) {
		at[part] ??= Object.create(null);
		if (!isFields(at[part])) {
			fields[whole] = value;
			return;
		}
		at = at[part];
	}
	const name = path.at(-1) ?? whole;
	const before = at[name];
	if (before === undefined) at[name] = value;
	else if (isFields(before)) fields[whole] = value;
	else at[name] = Array.isArray(before) ? [...before, value] : [before, value];
}

const isFields = (value: unknown): value is Fields =>
	typeof value === "object" && value !== null && !Array.isArray(value);

async function readBody(request: Request): Promise<unknown> {
	const text = await readText(request);
	if (text === "") return {};
	if (mediaType(request) !== "application/json")
		throw new AppError("UNSUPPORTED", "Send the body as application/json.");
	try {
		return JSON.parse(text);
	} catch {
		throw new AppError("INVALID_INPUT", "The body is not valid JSON.");
	}
}

function bytesOf(request: Request, search: URLSearchParams): ReadableStream<Uint8Array> | null {
	refuseKeys([...new Set(search.keys())], "This call reads no query.");
	if (mediaType(request) !== "application/octet-stream")
		throw new AppError("UNSUPPORTED", "Send the file as a raw body (application/octet-stream).");
	return request.body ?? new Blob([]).stream();
}

const mediaType = (request: Request) => request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";

function refuseKeys(keys: string[], message: string): void {
	if (keys.length === 0) return;
	throw new z.ZodError(keys.map((key) => ({ code: "custom", path: [key], message, input: undefined })));
}
