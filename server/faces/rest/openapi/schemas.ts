import { z } from "zod";
import { Agent } from "@/server/agents/contract";
import { AuditEntry } from "@/server/audit/contract";
import { JobDetail, JobRun } from "@/server/jobs/contract";
import { Collection, CollectionChange, Document, DocumentText, Passage, Upload } from "@/server/knowledge/contract";
import { ProcedureEntry } from "@/server/procedures/contract";
import { Prompt, PromptHistory, PromptVersion } from "@/server/prompts/contract";
import { Citation, Confidence, Run, RunEvent, RunResult, StartedRun } from "@/server/runs/contract";
import { Health } from "@/server/system/contract";
import { Thread, ThreadWithRuns } from "@/server/threads/contract";
import { Me, User } from "@/server/users/contract";
import { placedFields } from "./placed-words";
import { commonFields } from "./words";

export type Json = { [key: string]: unknown };

/** What stands under a name of its own in the document, and is pointed to from wherever it is used. */
const named = {
	...{
		Agent,
		AuditEntry,
		Citation,
		Collection,
		CollectionChange,
		Confidence,
		Document,
		DocumentText,
		Health,
		JobDetail,
		JobRun,
	},
	...{ Me, Passage, ProcedureEntry, Prompt, PromptHistory, PromptVersion, Run, RunEvent, RunResult, StartedRun },
	...{ Thread, ThreadWithRuns, Upload, User },
};
const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(named)) names.add(schema, { id });

/** A Zod schema as JSON Schema 2020-12, with every field described; what has a name of its own goes to `components`. */
export function jsonSchemaOf(
	schema: z.ZodType,
	{ io, feature }: { io: "input" | "output"; feature: string },
	components: Json,
): Json {
	const {
		$schema: _,
		$defs = {},
		...made
	} = z.toJSONSchema(schema, {
		io,
		metadata: names,
		unrepresentable: "any",
		override: ({ zodSchema, jsonSchema }) => {
			const { description, default: fallback } = (z.globalRegistry.get(zodSchema) ?? {}) as Json;
			if (zodSchema._zod.def.type === "date") Object.assign(jsonSchema, { type: "string", format: "date-time" });
			if (typeof description === "string") jsonSchema.description = description;
			if (fallback !== undefined) jsonSchema.default = fallback as string;
			// The name of a component is its key, not part of it.
			delete jsonSchema.id;
		},
	}) as Json;
	for (const [name, one] of Object.entries($defs as Json)) components[name] ??= described(pointed(one) as Json, name);
	const whole = pointed(made) as Json;
	return described(whole, feature);
}

/** `#/$defs/Run` → `#/components/schemas/Run` */
function pointed(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(pointed);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(
		Object.entries(value).map(([key, one]) =>
			key === "$ref" && typeof one === "string"
				? [key, one.replace("#/$defs/", "#/components/schemas/")]
				: [key, pointed(one)],
		),
	);
}

/** `uploadId` is the id of an upload, wherever it stands; what else a name means, people have written down. */
function wordsFor(name: string, place: string): string | undefined {
	const written = placedFields[`${place}.${name}`] ?? commonFields[name];
	const of = /^([a-z]+)Id$/.exec(name)?.[1];
	return written ?? (of ? `The ${of}'s id.` : undefined);
}

/** Gives each field that has no words of its own those that its name has in this place, or everywhere. */
function described<Value>(value: Value, place: string): Value {
	if (Array.isArray(value)) {
		for (const one of value) described(one, place);
		return value;
	}
	if (typeof value !== "object" || value === null) return value;
	const { properties } = value as Json;
	if (typeof properties === "object" && properties !== null)
		for (const [name, field] of Object.entries(properties as Record<string, Json>)) {
			const words = wordsFor(name, place);
			if (field.description === undefined && !field.$ref && words) field.description = words;
		}
	for (const one of Object.values(value)) described(one, place);
	return value;
}
