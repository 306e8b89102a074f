import superjson, { type SuperJSONResult } from "superjson";

/** What was just read from JSON is nobody else's: it is made whole in place, not in a copy. */
export const transformer = {
	serialize: (value: unknown) => superjson.serialize(value),
	deserialize: (answer: SuperJSONResult) => superjson.deserialize<unknown>(answer, { inPlace: true }),
};
