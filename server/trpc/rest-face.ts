import { z } from "zod";

export type RestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
/** Method and path below /api/v1; `{names}` are taken from the input, the rest of it is query (GET, DELETE) or body. */
export type RestAddress = `${RestMethod} /${string}`;

/** A face that will end: since when it is deprecated, when it may stop, and what to use instead. Dates as `2026-11-25`. */
export type Deprecation = { since: string; sunset?: string; instead?: string };

export type RestFace = {
	method: RestMethod;
	path: string;
	status: 200 | 201 | 202 | 204;
	/** The address of what was made, whose `{names}` are taken from the output. */
	location: string | null;
	revision: string | null;
	deprecated: Deprecation | null;
};

export type RestOptions = {
	rest: RestAddress;
	/** What it does, in a sentence: for the reference. */
	summary: string;
	/** More of it, where a sentence is not enough. */
	description?: string;
	/** It makes something (201), found here. */
	created?: `/${string}`;
	/** It begins something that goes on after the answer (202), to be followed here. */
	accepted?: `/${string}`;
	/** Of a read: where its answer says the revision. Of a change: the field that names the one it is based on (If-Match). */
	revision?: string;
	deprecated?: Deprecation;
};

/** An answer that says no more than that it was done needs no body. */
const saysNothing = (output: z.ZodType): boolean =>
	output instanceof z.ZodObject && Object.values(output.shape).every((one) => one instanceof z.ZodLiteral);

export function toRestFace(options: Partial<RestOptions>, output: z.ZodType): RestFace | null {
	if (!options.rest) return null;
	const [method, path] = options.rest.split(" ") as [RestMethod, string];
	const { created, accepted, deprecated } = options;
	const plain = saysNothing(output) ? 204 : 200;
	return {
		method,
		path,
		status: created ? 201 : accepted ? 202 : plain,
		location: created ?? accepted ?? null,
		revision: options.revision ?? null,
		deprecated: deprecated ?? null,
	};
}
