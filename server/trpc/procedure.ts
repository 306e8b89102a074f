import type { TRPCMutationProcedure, TRPCQueryProcedure, TRPCSubscriptionProcedure } from "@trpc/server";
import { z } from "zod";
import type { ServiceContext } from "@/server/core/context";
import type { Permission } from "@/server/core/permissions";
import type { Version } from "@/server/core/version";
import { type Call, follow, pass } from "./gate";
import { type RequestContext, t } from "./init";
import type { LimitClass } from "./limits";
import { type RestFace, type RestOptions, toRestFace } from "./rest-face";

export type Risk = "read" | "write" | "danger";

/** What decides a procedure's faces and its weight; nothing else does. */
export type ProcedureOptions = {
	risk: Risk;
	limit?: LimitClass;
	/** A person has to have proved in the last minutes who they are. What is dangerous asks for it by itself. */
	stepUp?: boolean;
	/** Open to people who must enrol a second factor first: what they need to do so. */
	beforeFactor?: boolean;
	/** It is done elsewhere, where nothing is taken back: its service asks for leave, and sees to it that it is done once. */
	isOutside?: boolean;
	/** Its answer or its input holds a secret: neither is kept for an idempotency key. */
	isSecret?: boolean;
	/** Its agent and MCP face: what it does, told to a model. Left out: no tool. */
	tool?: string;
} & (RestOptions | { [Key in keyof RestOptions]?: never });

/** What faces, tests and the console read of a procedure. `permission` is null for open ones, which say why. */
export type ProcedureMeta = {
	permission: Permission | null;
	openBecause: string | null;
	risk: Risk;
	limit: LimitClass;
	stepUp: boolean;
	beforeFactor: boolean;
	isOutside: boolean;
	isSecret: boolean;
	tool: string | null;
	summary: string | null;
	description: string | null;
	rest: RestFace | null;
	/** What changes whenever its answer does, for less work than the answer. */
	version: ((opts: { ctx: ServiceContext; input: unknown }) => Promise<Version>) | null;
	/** What a call would do, in plain words, for whoever decides of it. */
	effect: ((opts: { ctx: ServiceContext; input: unknown }) => Promise<string>) | null;
	isUpload: boolean;
	input: z.ZodType;
	output: z.ZodType;
};

type Base = Omit<ProcedureMeta, "input" | "output" | "isUpload" | "rest" | "version" | "effect"> & {
	face: Partial<RestOptions>;
};
type Opts<I> = { ctx: ServiceContext; input: I };
type Def<I, O> = { input: I; output: O; meta: ProcedureMeta };

type TrpcCall = { ctx: RequestContext; input: unknown; path: string; signal?: AbortSignal | undefined };
const callOf = (meta: ProcedureMeta, type: Call["type"], { ctx, input, path, signal }: TrpcCall): Call => ({
	meta,
	path,
	type,
	ctx: signal ? { ...ctx, signal } : ctx,
	raw: input,
});

// tRPC infers the types of a procedure from its own parsers; here the gate parses, in its own order, so they are stated.
const typed = <P>(procedure: unknown): P => procedure as P;

// The gate calls it with what the procedure's own schema has parsed.
const parsedInput = <I, Told>(tell: ((opts: Opts<I>) => Promise<Told>) | undefined) =>
	tell ? (opts: Opts<unknown>) => tell(opts as Opts<I>) : null;

/** Without `.input` and `.output` there is no `.query`: a procedure that names neither does not compile. */
function builder({ face, ...base }: Base) {
	return {
		input: <I extends z.ZodType>(input: I) => ({
			output: <O extends z.ZodType>(output: O) => {
				const meta: ProcedureMeta = {
					...base,
					rest: toRestFace(face, output),
					version: null,
					effect: null,
					isUpload: false,
					input,
					output,
				};
				const open = t.procedure.meta(meta).input(z.unknown());
				return {
					/** `version` tells, without the work of an answer, what changes whenever the answer does. */
					query: (
						work: (opts: Opts<z.output<I>>) => Promise<z.input<O>>,
						version?: (opts: Opts<z.output<I>>) => Promise<Version>,
					) => {
						const known: ProcedureMeta = { ...meta, version: parsedInput(version) };
						return typed<TRPCQueryProcedure<Def<z.input<I>, z.output<O>>>>(
							t.procedure
								.meta(known)
								.input(z.unknown())
								.query((call) => pass(callOf(known, "query", call), { input, output }, work)),
						);
					},
					/** `effect` tells in plain words what a call would do, for whoever approves it. */
					mutation: (
						work: (opts: Opts<z.output<I>>) => Promise<z.input<O>>,
						effect?: (opts: Opts<z.output<I>>) => Promise<string>,
					) => {
						const told: ProcedureMeta = { ...meta, effect: parsedInput(effect) };
						return typed<TRPCMutationProcedure<Def<z.input<I>, z.output<O>>>>(
							t.procedure
								.meta(told)
								.input(z.unknown())
								.mutation((call) => pass(callOf(told, "mutation", call), { input, output }, work)),
						);
					},
					/** Each event has an id, from which a client that was cut off goes on (`lastEventId`). */
					subscription: (work: (opts: Opts<z.output<I>>) => AsyncGenerator<{ id: string; data: z.input<O> }>) =>
						typed<
							TRPCSubscriptionProcedure<
								Def<z.input<I>, AsyncIterable<{ id: string; data: z.output<O> }, never, unknown>>
							>
						>(open.subscription((call) => follow(callOf(meta, "subscription", call), { input, output }, work))),
				};
			},
		}),
		/** Takes a raw body (application/octet-stream) as a stream of bytes. */
		upload: <O extends z.ZodType>(output: O, work: (opts: Opts<ReadableStream<Uint8Array>>) => Promise<z.input<O>>) => {
			const input = z.instanceof(ReadableStream<Uint8Array>, {
				error: "Send the file as a raw body (application/octet-stream).",
			});
			const meta: ProcedureMeta = {
				...base,
				rest: toRestFace(face, output),
				version: null,
				effect: null,
				isUpload: true,
				input,
				output,
			};
			return typed<TRPCMutationProcedure<Def<ReadableStream | Blob | Uint8Array, z.output<O>>>>(
				t.procedure
					.meta(meta)
					.input(z.unknown())
					.mutation((call) => pass(callOf(meta, "mutation", call), { input, output }, work)),
			);
		},
	};
}

const toBase = (options: ProcedureOptions) => ({
	risk: options.risk,
	tool: options.tool ?? null,
	summary: options.summary ?? null,
	description: options.description ?? null,
	isOutside: options.isOutside ?? false,
	isSecret: options.isSecret ?? false,
	face: options,
});

/** The only way to make a procedure: its permission can't be left out. */
export const procedure = (permission: Permission, options: ProcedureOptions) =>
	builder({
		...toBase(options),
		permission,
		openBecause: null,
		limit: options.limit ?? "standard",
		stepUp: options.stepUp ?? options.risk === "danger",
		beforeFactor: options.beforeFactor ?? false,
	});

type OpenOptions = ProcedureOptions & { tool?: never; stepUp?: never; beforeFactor?: never };

/** For people without an identity: sign-in, first run, health. A test lists them with their reasons. */
export const openProcedure = (reason: string, options: OpenOptions) =>
	builder({
		...toBase(options),
		permission: null,
		openBecause: reason,
		limit: options.limit ?? "signIn",
		stepUp: false,
		beforeFactor: true,
	});
