import { expect, test } from "vitest";
import { openApiDocument } from "@/server/faces/rest/openapi/document";

type Json = Record<string, unknown>;
const document = openApiDocument() as { paths: Record<string, Record<string, Json>>; components: Record<string, Json> };
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

/** Every field of every schema below here, as the path that leads to it. */
function* fieldsOf(value: unknown, path: string): Generator<[path: string, field: Json]> {
	if (Array.isArray(value)) for (const [at, one] of value.entries()) yield* fieldsOf(one, `${path}/${at}`);
	else if (typeof value === "object" && value !== null) {
		const { properties } = value as Json;
		if (typeof properties === "object" && properties !== null)
			for (const [name, field] of Object.entries(properties)) yield [`${path}.${name}`, field as Json];
		for (const [key, one] of Object.entries(value))
			if (key !== "example") yield* fieldsOf(one, key === "properties" ? path : `${path}.${key}`);
	}
}

test("every field says what it is", () => {
	const silent = [...fieldsOf(document.components.schemas, ""), ...fieldsOf(document.paths, "")]
		.filter(([, field]) => !field.description && !field.$ref)
		.map(([path]) => path);
	// Give it `.describe("…")` in its contract, or its name a line in server/faces/rest/openapi/words.ts where it means the same everywhere.
	expect(silent).toEqual([]);
});

test("every parameter says what it is and shows one", () => {
	const parameters = operations.flatMap((one) => one.parameters as Json[]).filter((one) => !one.$ref);
	expect(
		parameters
			.filter((one) => !one.description || / undefined| $/.test(String(one.description)))
			.map(({ name }) => name),
	).toEqual([]);
});

test("every operation has words, an example of what it takes and of what it gives, and its failures", () => {
	for (const { operationId, summary, description, requestBody, responses } of operations) {
		expect(String(summary).length, String(operationId)).toBeGreaterThan(5);
		expect(String(description).length, String(operationId)).toBeGreaterThan(20);
		const body = (requestBody as { content: Record<string, Json> } | undefined)?.content["application/json"];
		if (body) expect(body.example ?? body.examples, String(operationId)).toBeTruthy();
		for (const [status, response] of Object.entries(responses as Record<string, { content?: Record<string, Json> }>))
			if (status.startsWith("2") && response.content)
				expect(Object.values(response.content)[0]?.example, String(operationId)).toBeTruthy();
		const limited = operationId === "auth.jwks" ? [] : ["429"];
		expect(Object.keys(responses as Json)).toEqual(expect.arrayContaining(["400", "500", ...limited]));
	}
});
