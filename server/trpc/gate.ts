import { type TrackedEnvelope, tracked } from "@trpc/server";
import { ZodError, type z } from "zod";
import { hasProvedLately } from "@/server/auth/service";
import { type Actor, actorMay, actorUser } from "@/server/core/actor";
import { noteCaller } from "@/server/core/callers";
import type { ServiceContext } from "@/server/core/context";
import { callerKey } from "@/server/core/denials";
import { AppError, errorTable } from "@/server/core/errors";
import { onlyFields } from "@/server/core/list";
import { log } from "@/server/core/log";
import { countCall } from "@/server/core/metrics";
import { plainInput } from "@/server/core/plain-input";
import { toAppError, toTrpcError } from "./failure";
import { HashedBody } from "./hashed-body";
import { once } from "./idempotency";
import type { RequestContext } from "./init";
import { readInput } from "./late-input";
import { chargeCall, chargeKey, longestCall } from "./limits";
import type { ProcedureMeta } from "./procedure";
import { serviceContext, writeDown } from "./refusals";
import { carryOut, isToolCall } from "./tool-calls";

export type Call = {
	meta: ProcedureMeta;
	path: string;
	type: "query" | "mutation" | "subscription";
	ctx: RequestContext;
	raw: unknown;
	/** Who calls, once that is known. */
	who?: Actor;
	/** What was read of it, once somebody was let in. */
	given?: unknown;
};

/** The first half of the gate: request id → identity → permission → rate limit → input parse. */
async function enter<I extends z.ZodType>(
	call: Call,
	schema: I,
	signal?: AbortSignal,
): Promise<{ ctx: ServiceContext; input: z.output<I> }> {
	const { meta, ctx } = call;
	const actor = await ctx.identify();
	call.who = actor;
	const service = serviceContext(ctx, actor, signal);
	if (meta.permission !== null) {
		mayPass(actor, meta.permission);
		await hasProved(service, meta);
	}
	const isDangerous = meta.risk === "danger";
	const charge = await chargeCall(meta.limit, callerKey(service), { isDangerous });
	const ofKey = actor.kind === "apiKey" ? await chargeKey(actor) : null;
	ctx.charges?.push(charge, ...(ofKey ? [ofKey] : []));
	call.given = plainInput(await readInput(call.raw));
	return { ctx: service, input: schema.parse(call.given) };
}

function mayPass(actor: Actor, permission: NonNullable<ProcedureMeta["permission"]>): void {
	if (actor.kind === "anonymous") throw new AppError("UNAUTHENTICATED", "Sign in first.");
	if (actorMay(actor, permission)) return;
	throw new AppError(
		"FORBIDDEN",
		`You may not do this: it needs the right ${permission}. An administrator can give it.`,
		{ reason: `Needs ${permission}` },
	);
}

const factorNeeded = () =>
	new AppError(
		"FACTOR_NEEDED",
		"Your role asks for a second factor. Add one under Account, Security; then go on here.",
		{ reason: "Needs a second factor" },
	);

/** People with a session have the second factor that their role asks for, and prove again who they are before what is dangerous. */
async function hasProved({ db, actor, via }: ServiceContext, meta: ProcedureMeta): Promise<void> {
	if (actor.kind !== "user" || actor.sessionId === null) return;
	if (actor.mustEnrol && !meta.beforeFactor) throw factorNeeded();
	// What a model asks for waits for somebody's approval, who proves who they are.
	const isProvedByApprover = meta.risk === "danger" && isToolCall(via);
	if (!meta.stepUp || isProvedByApprover || (await hasProvedLately(db, actor.sessionId))) return;
	throw new AppError(
		"PROOF_NEEDED",
		"This needs a proof of who you are that is at most 10 minutes old. Confirm it in the console; a program signs in again.",
		{ reason: "Needs a fresh proof of who it is" },
	);
}

/** A query or mutation through the whole gate. */
export async function pass<I extends z.ZodType, O extends z.ZodType>(
	call: Call,
	schemas: { input: I; output: O },
	work: (opts: { ctx: ServiceContext; input: z.output<I> }) => Promise<z.input<O>>,
): Promise<z.output<O>> {
	return told(call, () =>
		inTime(call, async (signal) => {
			const { ctx, input } = await enter(call, schemas.input, signal);
			if (await isKnown(call, { ctx, input })) return unchanged();
			const key = call.type === "mutation" && !call.meta.isSecret ? call.ctx.idempotencyKey : undefined;
			const body = key && input instanceof ReadableStream ? new HashedBody(input) : undefined;
			// A body that is hashed on its way is still the body.
			const given = (body?.stream ?? input) as z.output<I>;
			const longestMs = call.meta.isUpload ? longestUpload : longestCall(call.meta.limit);
			return once(ctx, { key, path: call.path, input, body, longestMs }, () =>
				carryOut(call, { ctx, input }, async (within, instead) =>
					// What stands in place of the input was read by the same schema.
					onlyFields(
						instead?.input ?? input,
						schemas.output.parse(await work({ ctx: within, input: (instead?.input as z.output<I>) ?? given })),
					),
				),
			).catch((error: unknown) => {
				throw ourFault(error);
			});
		}),
	);
}

/** Once the input was read, a schema that something does not meet is a fault of ours, not of whoever asked. */
const ourFault = (error: unknown): unknown =>
	error instanceof ZodError ? new Error("Something of ours is not what its schema says.", { cause: error }) : error;

/** As long as our server takes to receive one, in ms. */
const longestUpload = 600_000;

async function isKnown({ meta, ctx: request }: Call, opts: { ctx: ServiceContext; input: unknown }): Promise<boolean> {
	if (!meta.version || !request.hasVersion) return false;
	return request.hasVersion(await meta.version(opts));
}

/** Whoever asks with `hasVersion`, and has it, gets no answer and looks at none. */
const unchanged = <T>(): T => undefined as T;

/** How often an open stream is asked whether its reader may still have it, in ms. Answers are up to 2 s old: it ends within 5 s. */
const recheckMs = 2_500;

/**
 * A subscription: the same gate before its first event, and again and again while it is open; each event is parsed like an
 * answer. `work` ends when its context's signal does. Where its reader's rights have changed, it goes on after the last event
 * with the new ones, and so finds out by itself what it may no longer read.
 */
export async function* follow<I extends z.ZodType, O extends z.ZodType>(
	call: Call,
	schemas: { input: I; output: O },
	work: (opts: { ctx: ServiceContext; input: z.output<I> }) => AsyncGenerator<{ id: string; data: z.input<O> }>,
): AsyncGenerator<TrackedEnvelope<z.output<O>>> {
	let over = new AbortController();
	const leave = () => over.abort();
	call.ctx.signal?.addEventListener("abort", leave, { once: true });
	const entered = await told(call, () => enter(call, schemas.input));
	let { actor } = entered.ctx;
	let last: string | null = null;
	let isChanged = false;
	let refusal: AppError | null = null;
	const recheck = setInterval(async () => {
		const now = await readerNow(call, actor);
		if (now instanceof AppError) refusal = now;
		else if (isSameReader(now, actor)) return;
		else {
			actor = now;
			isChanged = true;
		}
		over.abort();
	}, recheckMs);
	try {
		do {
			isChanged = false;
			over = new AbortController();
			if (call.ctx.signal?.aborted) return;
			const ctx = { ...entered.ctx, actor, signal: over.signal };
			for await (const event of work({ ctx, input: resumedAt(entered.input, last) })) {
				last = event.id;
				yield tracked(event.id, schemas.output.parse(event.data));
			}
			if (refusal) throw refusal;
		} while (isChanged);
	} catch (error) {
		const failure = toAppError(refusal ?? ourFault(error));
		// That a session ended is written down where it was ended.
		const written = failure.code === "UNAUTHENTICATED" ? failure : await writeDown(call, failure);
		logRefusal(call, written);
		throw toTrpcError(written);
	} finally {
		clearInterval(recheck);
		call.ctx.signal?.removeEventListener("abort", leave);
	}
}

/** Who reads an open stream now, or why it must end: its session has, or its reader's right was taken. A database that is away ends nothing. */
async function readerNow({ ctx, meta }: Call, before: Actor): Promise<Actor | AppError> {
	if (meta.permission === null) return before;
	const actor = await ctx.identify().catch((error) => (isRefusal(error) ? null : before));
	if (!actor || actorUser(actor)?.userId !== actorUser(before)?.userId)
		return new AppError("UNAUTHENTICATED", "Your session has ended. Sign in again.");
	if (actor.kind === "user" && actor.mustEnrol && !meta.beforeFactor) return factorNeeded();
	return actorMay(actor, meta.permission) ? actor : new AppError("FORBIDDEN", "You may not see this any more.");
}

const isRefusal = (error: unknown): boolean => error instanceof AppError && error.code === "UNAUTHENTICATED";

function isSameReader(one: Actor, other: Actor): boolean {
	if (one === other) return true;
	const marks = (actor: Actor) => {
		const user = actorUser(actor);
		return user ? [...user.grantees, ...user.permissions].toSorted().join(" ") : "";
	};
	return marks(one) === marks(other);
}

// A stream's input names the event that its reader has last, wherever it has one.
const resumedAt = <Input>(input: Input, last: string | null): Input =>
	last === null ? input : { ...input, lastEventId: last };

/**
 * Ends the work's signal when its caller leaves or its time is over; whoever waits hears so. An upload takes what it takes. Not by
 * AbortSignal.timeout, whose signals stay for as long as their time is: thousands at once.
 */
function inTime<T>({ ctx, meta }: Call, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
	const over = new AbortController();
	const leave = () => over.abort(ctx.signal?.reason);
	if (ctx.signal?.aborted) leave();
	else ctx.signal?.addEventListener("abort", leave, { once: true });
	return new Promise<T>((resolve, reject) => {
		const timer = setTimeout(() => {
			const late = new AppError("TIMEOUT", "This took too long and was given up. Try again.", { retryAfterSeconds: 5 });
			over.abort(late);
			if (!meta.isUpload) reject(late);
		}, longestCall(meta.limit));
		work(over.signal)
			.then(resolve, reject)
			.finally(() => {
				clearTimeout(timer);
				ctx.signal?.removeEventListener("abort", leave);
			});
	});
}

function counted({ path, ctx, who }: Call, code: string, ms: number): void {
	countCall(path, code, ms);
	if (who) noteCaller(ctx.db, who, { procedure: path, via: ctx.via, code });
}

/** Counts and logs the call; a failure leaves as the error that its reader may see. */
async function told<T>(call: Call, work: () => Promise<T>): Promise<T> {
	const started = performance.now();
	const { path, ctx } = call;
	try {
		const answer = await work();
		const ms = performance.now() - started;
		counted(call, "OK", ms);
		log.debug({ path, requestId: ctx.requestId, via: ctx.via, ms: Math.round(ms) }, "call");
		return answer;
	} catch (error) {
		const failure = await writeDown(call, toAppError(error));
		counted(call, failure.code, performance.now() - started);
		logRefusal(call, failure);
		throw toTrpcError(failure);
	}
}

function logRefusal({ path, ctx: { requestId, via } }: Call, { code, cause }: AppError): void {
	const level = errorTable[code].class === "user" ? "info" : "error";
	const facts = { path, requestId, via, problem: code };
	log[level]({ ...facts, err: level === "error" ? cause : undefined }, "call refused");
}
