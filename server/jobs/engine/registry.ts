import { z } from "zod";
import type { Json, StoredEvent } from "@/db/schema";
import { checkExpression, isMatch, keyOf } from "./expression";
import { nextTick, parseDue, parseDuration } from "./time";

const checked = (check: (text: string) => unknown) =>
	z.string().superRefine((text, issues) => {
		try {
			check(text);
		} catch (error) {
			issues.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
		}
	});
const Expression = checked(checkExpression);
const Duration = checked(parseDuration);

const Concurrency = z.strictObject({
	limit: z.int().min(0),
	key: Expression.optional(),
	scope: z.enum(["fn", "env", "account"]).default("fn"),
});
const asList = (value: unknown) =>
	value === undefined ? [] : [value].flat().map((one) => (typeof one === "number" ? { limit: one } : one));

/** What the SDK reports of a function. Strict all the way down: an option that isn't here is one that the engine doesn't do. */
const FunctionConfig = z.strictObject({
	id: z.string(),
	name: z.string().optional(),
	triggers: z.array(
		z.union([
			z.strictObject({
				event: z
					.string()
					.refine(
						(name) => name !== "inngest/deferred.schedule",
						"the embedded engine does not do deferred functions yet",
					),
				expression: Expression.optional(),
			}),
			z.strictObject({ cron: checked((cron) => nextTick(cron, new Date())) }),
		]),
	),
	steps: z.object({
		step: z.object({
			runtime: z.object({ url: z.url() }),
			retries: z.strictObject({ attempts: z.int().min(0).max(20).optional() }).optional(),
		}),
	}),
	idempotency: Expression.optional(),
	concurrency: z.preprocess(asList, z.array(Concurrency).max(2)),
	priority: z.strictObject({ run: Expression.optional() }).optional(),
	timeouts: z.strictObject({ start: Duration.optional(), finish: Duration.optional() }).optional(),
	cancel: z
		.array(z.strictObject({ event: z.string(), if: Expression.optional(), timeout: checked(parseDue).optional() }))
		.default([]),
});
type FunctionConfig = z.infer<typeof FunctionConfig>;

/** A function as the engine drives it. */
export type FunctionSpec = {
	id: string;
	url: URL;
	maxAttempts: number;
	crons: string[];
	config: FunctionConfig;
	/** As the SDK reported it, to be shown. */
	raw: Json;
};

const defaultRetries = 4;

/** The functions of this process, by what starts them. */
export class Registry {
	private constructor(private readonly specs: Map<string, FunctionSpec>) {}

	/** Refuses, by name, each function that asks for something that the engine does not do. */
	static from(reported: readonly Json[]): Registry {
		const specs = reported.map(readSpec);
		return new Registry(new Map(specs.map((spec) => [spec.id, spec])));
	}

	get ids(): string[] {
		return [...this.specs.keys()];
	}

	get all(): FunctionSpec[] {
		return [...this.specs.values()];
	}

	find(id: string): FunctionSpec | undefined {
		return this.specs.get(id);
	}

	startedBy(event: StoredEvent): FunctionSpec[] {
		return this.all.filter(({ config }) =>
			config.triggers.some(
				(trigger) => "event" in trigger && names(trigger.event, event.name) && isMatch(trigger.expression, { event }),
			),
		);
	}
}

const names = (pattern: string, name: string) =>
	pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** One key for each concurrency option, in their order; those of the wider scopes are shared between functions. */
export function concurrencyKeys(spec: FunctionSpec, event: StoredEvent): string[] {
	return spec.config.concurrency.map(({ key, scope }) => {
		const owner = scope === "fn" ? spec.id : `${scope} ${key ?? ""}`;
		return `${owner} ${key ? keyOf(key, event) : ""}`.trim();
	});
}

/** Infinity where the function has no such option (any more). */
export function concurrencyLimit(spec: FunctionSpec, index: number): number {
	return spec.config.concurrency[index]?.limit || Number.POSITIVE_INFINITY;
}

function readSpec(raw: Json): FunctionSpec {
	const read = FunctionConfig.safeParse(raw);
	if (!read.success) throw new Error(`${nameOf(raw)}: ${read.error.issues.map(explain).join("; ")}`);
	const config = read.data;
	return {
		id: config.id,
		url: new URL(config.steps.step.runtime.url),
		maxAttempts: 1 + (config.steps.step.retries?.attempts ?? defaultRetries),
		crons: config.triggers.flatMap((trigger) => ("cron" in trigger ? [trigger.cron] : [])),
		config,
		raw,
	};
}

const nameOf = (raw: Json) =>
	`Function ${raw && typeof raw === "object" && !Array.isArray(raw) && typeof raw.id === "string" ? raw.id : "without an id"}`;

/** In a union the branch with the fewest complaints is the one that was meant. */
function explain(issue: z.core.$ZodIssue): string {
	const place = issue.path.map(String);
	switch (issue.code) {
		case "unrecognized_keys": {
			const options = issue.keys.map((key) => [...place, key].join("."));
			return `the embedded engine does not do ${options.join(", ")} yet: leave it out, or run with an Inngest server`;
		}
		case "invalid_union": {
			const meant = issue.errors.toSorted((a, b) => a.length - b.length)[0]?.[0];
			return meant ? explain({ ...meant, path: [...issue.path, ...meant.path] }) : `${place.join(".")} is malformed`;
		}
		default:
			return `${place.join(".")}: ${issue.message}`;
	}
}
