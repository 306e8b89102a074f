import { createHmac } from "node:crypto";
import canonicalize from "canonicalize";
import type { Inngest, InngestFunction } from "inngest";
import { serve } from "inngest/edge";
import { z } from "zod";
import type { Json, StepResult, StoredError, StoredEvent } from "@/db/schema";
import type { FunctionSpec } from "./registry";
import { type Due, parseRetryAfter } from "./time";

/** Nothing listens there: the requests never leave the process. The SDK only needs a URL that parses. */
const serveUrl = new URL("http://engine.internal/api/inngest");

/** PostgreSQL keeps no zero bytes. */
const text = (value: unknown) => (typeof value === "string" ? value.replaceAll("\u0000", "") : undefined);
/** Whatever was thrown, in the shape that a memo takes. */
export const FailedWith = z.unknown().transform((thrown): StoredError => {
	const given = typeof thrown === "object" && thrown !== null ? thrown : { message: String(thrown) };
	const stack = "stack" in given ? text(given.stack) : undefined;
	return {
		name: ("name" in given ? text(given.name) : undefined) || "Error",
		message:
			("message" in given ? text(given.message) : "error" in given ? text(given.error) : undefined) || "Unknown error",
		...(stack ? { stack } : {}),
	};
});

// All of it comes out of JSON.parse: looking at each value of a large result again would only cost time.
const json = z.custom<Json>();
const named = { id: z.string(), name: z.string().nullish(), displayName: z.string().nullish() };
const opts = z.record(z.string(), json);
const data = json.default(null);
const Op = z.discriminatedUnion("op", [
	z.object({ op: z.literal("StepRun"), ...named, data, opts: opts.optional() }),
	z.object({ op: z.literal("StepError"), ...named, error: FailedWith, opts: opts.optional() }),
	z.object({ op: z.literal("StepFailed"), ...named, error: FailedWith, opts: opts.optional() }),
	z.object({ op: z.literal("StepPlanned"), ...named, opts: opts.optional() }),
	z.object({ op: z.literal("Sleep"), ...named, name: z.string(), opts: opts.optional() }),
	z.object({
		op: z.literal("WaitForEvent"),
		...named,
		name: z.string(),
		opts: opts.and(z.object({ timeout: z.string(), if: z.string().optional() })),
	}),
	z.object({
		op: z.literal("InvokeFunction"),
		...named,
		opts: opts.and(
			z.object({
				function_id: z.string(),
				payload: z.object({ data: opts.nullish(), v: z.string().nullish() }),
				timeout: z.string().optional(),
			}),
		),
	}),
	z.object({ op: z.literal("RunComplete"), id: z.string(), data }),
	z.object({ op: z.literal("DiscoveryRequest"), id: z.string() }),
]);
export type Op = z.infer<typeof Op>;
const UnknownOp = z.looseObject({ op: z.string() });

/** What a call came to. `retryAt` is what the function asked for, null where it left that to us. */
export type Reply =
	| { kind: "completed"; output: Json }
	| { kind: "ops"; ops: Op[]; isFinal: boolean; retryAt: Due | null }
	| { kind: "failed"; error: StoredError; isFinal: boolean; retryAt: Due | null };

export type Call = {
	spec: FunctionSpec;
	stepId: string;
	jobId: number;
	runId: string;
	attempt: number;
	events: StoredEvent[];
	/** In the order in which they were done. */
	steps: { id: string; result: StepResult }[];
	/** Whether steps are being done in parallel, so that a new one must be told to us and not run at once. */
	planOnly: boolean;
};

export type Caller = { register(): Promise<Json[]>; call(call: Call): Promise<Reply> };

/** Speaks the server's side of the SDK's protocol with functions in this process, signed where there is a key. */
export function createCaller(options: {
	client: Inngest.Any;
	functions: readonly InngestFunction.Any[];
	signingKey?: string | undefined;
}): Caller {
	const handle = serve({
		client: options.client,
		functions: options.functions,
		serveOrigin: serveUrl.origin,
		servePath: serveUrl.pathname,
	});
	const request = (method: "PUT" | "POST", url: URL, body: Json, headers: Record<string, string>) =>
		handle(
			new Request(url, {
				method,
				body: JSON.stringify(body),
				headers: {
					host: url.host,
					"content-type": "application/json",
					...(options.signingKey ? { "x-inngest-signature": signature(body, options.signingKey) } : {}),
					...headers,
				},
			}),
		);
	return {
		async register() {
			const response = await request("PUT", serveUrl, { url: serveUrl.href }, { "x-inngest-sync-kind": "in_band" });
			const body: unknown = await response.json();
			if (!response.ok) throw new Error(`The functions could not be registered: ${JSON.stringify(body)}`);
			return z.object({ functions: z.array(json) }).parse(body).functions;
		},
		async call(call) {
			const url = new URL(call.spec.url);
			url.searchParams.set("stepId", call.stepId);
			const headers = { "x-run-id": call.runId, "x-inngest-job-id": String(call.jobId), "x-inngest-req-version": "2" };
			return readReply(await request("POST", url, callBody(call), headers));
		},
	};
}

/** Without `fn_id`: then the SDK doesn't save steps by itself in between, and each call does one step. */
function callBody({ runId, attempt, spec, planOnly, steps, events }: Call): Json {
	const memo: Record<string, Json> = {};
	for (const { id, result } of steps)
		memo[id] = "error" in result ? { error: plainError(result.error) } : { data: result.data };
	return {
		version: 2,
		event: events[0] ?? null,
		events,
		steps: memo,
		ctx: {
			run_id: runId,
			attempt,
			max_attempts: spec.maxAttempts,
			disable_immediate_execution: planOnly,
			use_api: false,
			stack: { stack: steps.map(({ id }) => id), current: steps.length },
		},
	};
}

const plainError = ({ name, message, stack }: StoredError): Json => ({ name, message, ...(stack ? { stack } : {}) });

async function readReply(response: Response): Promise<Reply> {
	const isFinal = response.headers.get("x-inngest-no-retry") === "true";
	const retryAt = parseRetryAfter(response.headers.get("retry-after"));
	const written = await response.text();
	const body = parseJson(written);
	if (response.status === 200) return { kind: "completed", output: body };
	if (response.status !== 206) return { kind: "failed", error: FailedWith.parse(body), isFinal, retryAt };
	const ops: Op[] = [];
	for (const one of [body].flat()) {
		const op = Op.safeParse(one);
		if (!op.success) return { kind: "failed", error: notUnderstood(one, op.error), isFinal: true, retryAt: null };
		ops.push(op.data);
	}
	return { kind: "ops", ops, isFinal, retryAt };
}

function parseJson(written: string): Json {
	try {
		const body: Json = JSON.parse(written);
		return body;
	} catch {
		return { name: "Error", message: written.slice(0, 500) };
	}
}

function notUnderstood(one: unknown, problem: z.ZodError): StoredError {
	const op = UnknownOp.safeParse(one).data?.op ?? "something without a name";
	const isKnown = Op.options.some((option) => option.shape.op.value === op);
	return {
		name: "UnsupportedStep",
		message: isKnown
			? `The step ${op} is malformed: ${z.prettifyError(problem)}`
			: `The embedded engine does not do ${op} yet: leave it out, or run with an Inngest server`,
	};
}

function signature(body: Json, signingKey: string): string {
	const seconds = Math.floor(Date.now() / 1_000);
	const key = signingKey.replace(/^signkey-\w+-/, "");
	const digest = createHmac("sha256", key)
		.update(`${canonicalize(body)}${seconds}`)
		.digest("hex");
	return `t=${seconds}&s=${digest}`;
}
