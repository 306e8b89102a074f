import { problems } from "../problem";
import { base } from "../routes";
import { openApiDocument } from "./document";
import { exampleOf } from "./examples";
import type { Json } from "./schemas";

type Field = { name: string; at: string; type: string; isRequired: boolean; words: string };
export type Operation = {
	id: string;
	method: string;
	path: string;
	summary: string;
	description: string;
	isDeprecated: boolean;
	fields: Field[];
	curl: string;
	answers: { status: string; words: string; example: string | null }[];
};
export type Reference = {
	version: string;
	about: string;
	features: { name: string; words: string; operations: Operation[] }[];
	problems: { anchor: string; code: string; title: string; advice: string }[];
};

type Document = {
	info: { version: string; description: string };
	tags: { name: string; description: string }[];
	paths: Record<string, Record<string, Json>>;
	components: { schemas: Json; responses: Record<string, Json>; parameters: Record<string, Json> };
};

let made: Reference | undefined;

/** The document as people read it, feature by feature. */
export function readReference(): Reference {
	made ??= makeReference(openApiDocument() as unknown as Document);
	return made;
}

function makeReference(document: Document): Reference {
	const all = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, one]) => ({
			tag: (one.tags as string[])[0],
			operation: operationOf(document, path, method, one),
		})),
	);
	return {
		version: document.info.version,
		about: document.info.description,
		features: document.tags.map(({ name, description }) => ({
			name,
			words: description,
			operations: all.filter(({ tag }) => tag === name).map(({ operation }) => operation),
		})),
		problems: Object.entries(problems).map(([code, words]) => ({
			anchor: `problem-${code.toLowerCase().replaceAll("_", "-")}`,
			code,
			...words,
		})),
	};
}

function operationOf(document: Document, path: string, method: string, one: Json): Operation {
	const body = bodyOf(document, one);
	return {
		id: String(one.operationId),
		method: method.toUpperCase(),
		path,
		summary: String(one.summary),
		description: String(one.description),
		isDeprecated: one.deprecated === true,
		fields: [...(one.parameters as Json[]).map((parameter) => fieldOfParameter(document, parameter)), ...body.fields],
		curl: curlOf(path, method, one, body.example),
		answers: Object.entries(one.responses as Record<string, Json>).map(([status, response]) =>
			answerOf(document, status, response),
		),
	};
}

function fieldOfParameter(document: Document, parameter: Json): Field {
	const one =
		typeof parameter.$ref === "string" ? (document.components.parameters[last(parameter.$ref)] ?? {}) : parameter;
	return {
		name: String(one.name),
		at: String(one.in),
		type: typeOf(one.schema as Json),
		isRequired: one.required === true,
		words: String(one.description ?? ""),
	};
}

function bodyOf(document: Document, one: Json): { fields: Field[]; example: unknown } {
	const content = (one.requestBody as { content: Record<string, Json> } | undefined)?.content["application/json"];
	if (!content) return { fields: [], example: undefined };
	const schema = resolve(document, content.schema as Json);
	const required = new Set((schema.required ?? []) as string[]);
	// Of several forms, all that any of them takes.
	const forms = ((schema.oneOf ?? schema.anyOf) as Json[] | undefined)?.map((one) => resolve(document, one)) ?? [
		schema,
	];
	const properties = Object.entries(
		Object.assign({}, ...forms.map((one) => one.properties ?? {})) as Record<string, Json>,
	);
	const fields = properties.map(([name, field]) => ({
		name,
		at: "body",
		type: typeOf(field),
		isRequired: required.has(name),
		words: String(field.description ?? resolve(document, field).description ?? ""),
	}));
	const first = Object.values((content.examples ?? {}) as Record<string, { value: unknown }>)[0];
	return { fields, example: content.example ?? first?.value };
}

const resolve = (document: Document, schema: Json): Json =>
	typeof schema.$ref === "string" ? ((document.components.schemas[last(schema.$ref)] ?? {}) as Json) : schema;

const last = (pointer: string) => pointer.split("/").at(-1) ?? "";

function typeOf(schema: Json): string {
	if (typeof schema.$ref === "string") return last(schema.$ref);
	const options = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
	if (options) return [...new Set(options.map(typeOf))].join(" or ");
	if (Array.isArray(schema.enum)) return schema.enum.length > 8 ? "one of a list" : schema.enum.join(", ");
	if (schema.const !== undefined) return String(schema.const);
	if (schema.type === "array") return `list of ${typeOf((schema.items ?? {}) as Json)}`;
	return String(schema.format ?? schema.type ?? "anything");
}

function curlOf(path: string, method: string, one: Json, example: unknown): string {
	const parameters = (one.parameters as Json[]).filter(
		(parameter) => parameter.in === "path" || parameter.required === true,
	);
	const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
		String(parameters.find((each) => each.name === name)?.example ?? name),
	);
	const query = parameters
		.filter((each) => each.in === "query")
		.map((each) => `${each.name}=${encodeURIComponent(String(each.example ?? ""))}`);
	const address = `"$QUARTERDECK${base}${filled}${query.length > 0 ? `?${query.join("&")}` : ""}"`;
	const isFile =
		(one.requestBody as { content?: Json } | undefined)?.content?.["application/octet-stream"] !== undefined;
	return [
		`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${address}`,
		...((one.security as Json[]).length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
		...(isFile ? ["-H 'Content-Type: application/octet-stream'", "--data-binary @annual-leave.md"] : []),
		...(example === undefined
			? []
			: ["-H 'Content-Type: application/json'", `-d '${JSON.stringify(example).replaceAll("'", "'\\''")}'`]),
	].join(" \\\n  ");
}

function answerOf(document: Document, status: string, response: Json): Operation["answers"][number] {
	const one = typeof response.$ref === "string" ? (document.components.responses[last(response.$ref)] ?? {}) : response;
	const content = Object.values((one.content ?? {}) as Record<string, Json>)[0];
	const example =
		content?.example ?? (content?.schema ? exampleOf(content.schema as Json, document.components.schemas) : null);
	const isFailure = Number(status) >= 400;
	return {
		status,
		words: String(one.description),
		example: example === null || isFailure ? null : JSON.stringify(example, null, 2),
	};
}
