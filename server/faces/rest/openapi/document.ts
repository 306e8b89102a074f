import packageJson from "@/package.json";
import { sessionCookie } from "@/server/auth/cookies";
import { errorTable } from "@/server/core/errors";
import { base, restRoutes } from "../routes";
import { failureResponses, operationOf } from "./operations";
import { headerParameters } from "./parameters";
import { tags } from "./samples";
import type { Json } from "./schemas";
import { tokenPaths, tokenTag } from "./token-operations";

const about = `Everything that the console does, for programs: the same procedures, through the same gate.

Send a token (\`Authorization: Bearer\`) or a key (\`X-Api-Key\`). The console's session cookie works too; whatever is not a GET then needs the product's own \`Origin\` and \`X-Qd-Csrf: 1\`.

**Lists** have one grammar: \`limit\` (at most 200), \`cursor\` (the \`next\` of the page before), \`filter[field][operator]=value\`, \`sort\` (with \`-\` before it, the greatest first) and \`fields\`. What is not known is refused by name.

**Caching**: every read has an \`ETag\`; \`If-None-Match\` answers 304. **Repeating**: every POST takes an \`Idempotency-Key\`. **Moments** are ISO 8601 in UTC. **Failures** are problem+json (RFC 9457) that names every bad field by a JSON pointer into the input.`;

let made: Json | undefined;

/** The whole API as an OpenAPI 3.1 document, read off the router. */
export function openApiDocument(): Json {
	made ??= makeDocument();
	return made;
}

function makeDocument(): Json {
	const schemas: Json = { Problem: problemSchema };
	const paths: Record<string, Json> = {};
	for (const route of restRoutes()) {
		paths[route.face.path] ??= {};
		Object.assign(paths[route.face.path] ?? {}, { [route.face.method.toLowerCase()]: operationOf(route, schemas) });
	}
	Object.assign(paths, tokenPaths(schemas));
	const said = JSON.stringify(paths);
	const used = [...new Set(restRoutes().map(({ name }) => name.split(".")[0] ?? ""))];
	return {
		openapi: "3.1.0",
		info: {
			title: "Quarterdeck",
			version: packageJson.version,
			summary: "Agents that answer from your organisation's own documents.",
			description: about,
			license: { name: packageJson.license, identifier: packageJson.license },
		},
		servers: [{ url: base, description: "This installation" }],
		tags: [tokenTag, ...used.map((name) => ({ name, description: tags[name] ?? name }))],
		paths,
		components: {
			schemas,
			responses: Object.fromEntries(
				Object.entries(failureResponses()).filter(([code]) => said.includes(`#/components/responses/${code}"`)),
			),
			parameters: headerParameters,
			headers: {
				RequestId: {
					description: "Stands in the logs and the audit, too.",
					schema: { type: "string", format: "uuid" },
				},
				ETag: { description: "Stands for exactly this answer.", schema: { type: "string" } },
			},
			securitySchemes: {
				bearer: { type: "http", scheme: "bearer", description: "An access token." },
				apiKey: {
					type: "apiKey",
					in: "header",
					name: "X-Api-Key",
					description: "A key: it may never do more than its owner.",
				},
				session: { type: "apiKey", in: "cookie", name: sessionCookie.name, description: "The console's session." },
			},
		},
	};
}

const problemSchema: Json = {
	type: "object",
	description: "What went wrong (RFC 9457).",
	required: ["type", "title", "status", "detail", "code", "requestId"],
	properties: {
		type: { type: "string", format: "uri-reference", description: "Where its kind is described." },
		title: { type: "string", description: "What its kind is called." },
		status: { type: "integer", description: "The HTTP status." },
		detail: { type: "string", description: "What went wrong this time, for people." },
		code: { type: "string", enum: Object.keys(errorTable), description: "Its kind, for programs." },
		requestId: { type: "string", format: "uuid", description: "Tell it to an administrator." },
		retryAfterSeconds: { type: "integer", description: "When to try again, as Retry-After says it." },
		errors: {
			type: "array",
			description: "Every field that is wrong.",
			items: {
				type: "object",
				required: ["field", "message"],
				properties: {
					field: { type: "string", format: "json-pointer", description: "Where it stands in the input." },
					message: { type: "string", description: "What is wrong with it." },
				},
			},
		},
	},
};
