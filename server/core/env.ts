import { delimiter, isAbsolute } from "node:path";
import { domainToASCII } from "node:url";
import { z } from "zod";
import { roles } from "./permissions";
import { isStrongSecret } from "./secret-strength";

/** A variable that is set but empty counts as not set. */
const empty = (value: unknown) => (value === "" ? undefined : value);
const port = z.preprocess(empty, z.coerce.number().int().min(1).max(65535));
const count = (fallback: number, max: number) =>
	z.preprocess(empty, z.coerce.number().int().min(1).max(max).default(fallback));
/** Of money, in whatever currency the provider bills. */
const amount = (fallback: number) => z.preprocess(empty, z.coerce.number().min(0).max(1_000_000).default(fallback));
const text = z.preprocess(empty, z.string().min(1).optional());
const url = z.preprocess(empty, z.url({ protocol: /^https?$/ }).optional());

const weakness = "is weak or publicly known: leave it out, or set what `openssl rand -hex 32` prints";
const strongSecret = z.preprocess(empty, z.string().refine(isStrongSecret, weakness).optional());

const isSafe = (address: string) => {
	const { protocol, hostname } = new URL(address);
	return protocol === "https:" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
};

/** Mail domains, separated by commas. */
const domains = z.preprocess(
	(value) =>
		typeof value === "string" && value.trim() !== ""
			? value.split(",").map((one) => domainToASCII(one.trim().replace(/^@/, "")) || one)
			: undefined,
	z.array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "has a part that is no mail domain")).optional(),
);
/** Absolute folders, with colons between. */
const folders = z.preprocess(
	(value) =>
		typeof value === "string" && value.trim() !== ""
			? value.split(delimiter).map((one) => one.trim().replace(/(?<=.)\/+$/, ""))
			: undefined,
	z
		.array(
			z
				.string()
				.refine((one) => isAbsolute(one) && one !== "/", "has a part that is no absolute folder, or all of them"),
		)
		.optional(),
);
/** Names, with commas between. */
const names = z.preprocess(
	(value) =>
		typeof value === "string" && value.trim() !== ""
			? value
					.split(",")
					.map((one) => one.trim())
					.filter(Boolean)
			: undefined,
	z.array(z.string().max(200, "has a name of more than 200 characters")).max(50, "has more than 50 names").optional(),
);
/** `somebody@host`, or `Name <somebody@host>`. */
const mailbox = /^(?:[^<>\r\n"]{0,100}<)?[^\s<>@,;"]+@[^\s<>@,;"]+>?$/;
const mailboxProblem = "is not an address such as Quarterdeck <no-reply@example.org>";
/** Exact origins, with commas between. */
const origins = z.preprocess(
	(value) => (typeof value === "string" && value !== "" ? value.split(",").map((one) => one.trim()) : undefined),
	z.array(z.string().refine((one) => URL.parse(one)?.origin === one, "is not a list of exact origins")).optional(),
);

/** `name=value`, with commas between; values as in an address, as OpenTelemetry says. */
const otlpHeaders = z.preprocess(
	empty,
	z
		.string()
		.max(8_000)
		.transform((text, ctx) => {
			const pairs = text.split(",").map((pair) => pair.trim().split(/=(.*)/s));
			if (pairs.every(([name = "", value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name.trim()) && isEncoded(value)))
				return Object.fromEntries(
					pairs.map(([name = "", value = ""]) => [name.trim(), decodeURIComponent(value.trim())]),
				);
			ctx.addIssue({ code: "custom", message: "is not a list such as api-key=abc,x-tenant=ours" });
			return z.NEVER;
		})
		.optional(),
);
const isEncoded = (value: string | undefined): boolean =>
	value !== undefined && /^(?:[\x20-\x24\x26-\x7e]|%[0-9a-f]{2})*$/i.test(value);

function hasSecretOrStaysHere(url: string): boolean {
	const { hostname, password } = new URL(url);
	return password !== "" || ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

/** Every variable that Quarterdeck reads. `.env.example` names each with its default; a test compares the two. */
export const Env = z
	.object({
		PORT: port.default(3000),
		QD_HOST: z.preprocess(empty, z.string().default("127.0.0.1")),
		QD_URL: url,
		/** What the organisation is called, for prompts that say it. */
		QD_ORGANISATION: z.preprocess(empty, z.string().max(80).default("the organisation")),
		QD_PROXY_HOPS: z.preprocess(empty, z.coerce.number().int().min(0).max(10).default(0)),
		QD_CORS_ORIGINS: origins,
		QD_DATA: z.preprocess(empty, z.string().default(".data")),
		QD_LOG_LEVEL: z.preprocess(empty, z.enum(["debug", "info", "warn", "error"]).default("info")),
		QD_AUTH_SECRET: strongSecret,
		QD_AUDIT_KEY: strongSecret,
		DATABASE_URL: z.preprocess(empty, z.url({ protocol: /^postgres(ql)?$/ }).optional()),
		QD_AUDIT_WEBHOOK_URL: url,
		QD_AUDIT_WEBHOOK_SECRET: z.preprocess(empty, z.string().min(32, "needs at least 32 characters").optional()),
		QD_AUDIT_S3_URL: url,
		QD_AUDIT_S3_KEY_ID: text,
		QD_AUDIT_S3_SECRET: text,
		QD_AUDIT_S3_REGION: z.preprocess(empty, z.string().default("us-east-1")),
		QD_DATABASE_POOL: count(10, 200),
		REDIS_URL: z.preprocess(empty, z.url({ protocol: /^rediss?$/ }).optional()),
		QD_MODEL_URL: url,
		QD_MODEL_KEY: text,
		QD_MODEL: text,
		/** More models of the same endpoint, which agents may be given by name. */
		QD_MODELS: names,
		/** Those of the models that can be shown pictures. */
		QD_VISION_MODELS: names,
		/** How much the endpoint's models read and write together, in tokens. */
		QD_MODEL_CONTEXT: z.preprocess(empty, z.coerce.number().int().min(2_000).max(10_000_000).default(32_768)),
		QD_EMBED_URL: url,
		QD_EMBED_KEY: text,
		QD_EMBED_MODEL: text,
		QD_EMBED_DIMENSION: z.preprocess(empty, z.coerce.number().int().min(8).max(8192).optional()),
		QDRANT_URL: url,
		QDRANT_API_KEY: text,
		QD_QDRANT_QUANTIZATION: z.preprocess(empty, z.enum(["off", "scalar"]).default("off")),
		QD_RERANK_URL: url,
		QD_RERANK_KEY: text,
		QD_RERANK_MODEL: text,
		QD_RERANK_CHAT: z.preprocess(empty, z.enum(["off", "on"]).default("off")),
		QD_WORKER_MEMORY_MB: count(1024, 65536),
		QD_WORKER_SLOTS: count(4, 64),
		QD_RUN_SLOTS: count(32, 1000),
		/** How long the events of a run that has ended are kept at least; left out: always. */
		QD_RUN_EVENT_DAYS: z.preprocess(empty, z.coerce.number().int().min(1).max(36_500).optional()),
		/** Most that one run may take; an agent can have less. */
		QD_RUN_STEPS: count(25, 1_000),
		/** How deep the work of a run may be handed on: its agent is the first level, the researchers of its plan the second. */
		QD_RUN_DEPTH: count(2, 2),
		QD_RUN_TOKENS: count(200_000, 100_000_000),
		QD_RUN_MINUTES: count(10, 24 * 60),
		QD_RUN_COST: amount(5),
		/** The same for research runs, which work longer. */
		QD_RESEARCH_STEPS: count(60, 1_000),
		QD_RESEARCH_MINUTES: count(60, 24 * 60),
		/** What a million tokens cost; 0 where nobody says. */
		QD_MODEL_INPUT_PRICE: amount(0),
		QD_MODEL_OUTPUT_PRICE: amount(0),
		QD_RUNS_PER_USER: count(100, 10_000),
		QD_TOKENS_PER_USER_PER_DAY: count(2_000_000, 1_000_000_000),
		/** `smtp://user:password@host:587`, or `smtps:` where TLS begins with the connection. */
		SMTP_URL: z.preprocess(
			empty,
			z.url({ protocol: /^smtps?$/, error: "is not an smtp:// or smtps:// address" }).optional(),
		),
		QD_MAIL_FROM: z.preprocess(empty, z.string().regex(mailbox, mailboxProblem).optional()),
		QD_APPROVAL_HOURS: count(24, 24 * 30),
		QD_APPROVAL_WEBHOOK_URL: url,
		QD_APPROVAL_WEBHOOK_SECRET: z.preprocess(empty, z.string().min(32, "needs at least 32 characters").optional()),
		QD_PRIVATE_NETWORKS: z.preprocess(empty, z.enum(["refused", "allowed"]).default("refused")),
		QD_SOURCE_FOLDERS: folders,
		QD_OAUTH_REGISTRATION: z.preprocess(empty, z.enum(["refused", "allowed"]).default("refused")),
		QD_OIDC_ISSUER: url,
		QD_OIDC_CLIENT_ID: text,
		QD_OIDC_CLIENT_SECRET: text,
		QD_OIDC_NAME: z.preprocess(empty, z.string().max(40).default("single sign-on")),
		QD_OIDC_DOMAINS: domains,
		QD_OIDC_ROLE: z.preprocess(empty, z.enum(roles).exclude(["owner"]).optional()),
		/** Standard variables of OpenTelemetry's exporters: where spans go over OTLP/HTTP. */
		OTEL_EXPORTER_OTLP_ENDPOINT: url,
		OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
		OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders,
		OTEL_EXPORTER_OTLP_TRACES_HEADERS: otlpHeaders,
		OTEL_EXPORTER_OTLP_PROTOCOL: z.preprocess(
			empty,
			z
				.enum(["http/json"], "can only be http/json here; collectors take that where they take http/protobuf")
				.optional(),
		),
		OTEL_EXPORTER_OTLP_TIMEOUT: count(10_000, 120_000),
		OTEL_SERVICE_NAME: z.preprocess(empty, z.string().max(200).default("quarterdeck")),
		/** Standard variables of LangSmith. */
		LANGSMITH_TRACING: z.preprocess(empty, z.enum(["true", "false"]).default("false")),
		LANGSMITH_API_KEY: text,
		LANGSMITH_ENDPOINT: z.preprocess(empty, z.url({ protocol: /^https?$/ }).default("https://api.smith.langchain.com")),
		LANGSMITH_PROJECT: z.preprocess(empty, z.string().max(200).default("default")),
		INNGEST_BASE_URL: url,
		INNGEST_EVENT_KEY: text,
		INNGEST_SIGNING_KEY: text,
	})
	.refine((env) => !env.QD_MODEL_URL === !env.QD_MODEL, {
		path: ["QD_MODEL"],
		error: "QD_MODEL_URL and QD_MODEL go together: set both, or neither",
	})
	.refine((env) => !env.QD_MODELS || env.QD_MODEL, {
		path: ["QD_MODELS"],
		error: "QD_MODELS names more models beside QD_MODEL: set that one too",
	})
	.refine((env) => env.QD_VISION_MODELS?.every((one) => one === env.QD_MODEL || env.QD_MODELS?.includes(one)) ?? true, {
		path: ["QD_VISION_MODELS"],
		error: "QD_VISION_MODELS names a model that neither QD_MODEL nor QD_MODELS does",
	})
	.refine(
		(env) => !env.QD_EMBED_URL === !env.QD_EMBED_MODEL && !env.QD_EMBED_URL === (env.QD_EMBED_DIMENSION === undefined),
		{
			path: ["QD_EMBED_MODEL"],
			error: "QD_EMBED_URL, QD_EMBED_MODEL and QD_EMBED_DIMENSION go together: set all, or none",
		},
	)
	.refine((env) => !env.QDRANT_URL || isSafe(env.QDRANT_URL) || env.QDRANT_API_KEY, {
		path: ["QDRANT_API_KEY"],
		error: "is required with a QDRANT_URL on another machine: without it that is open to its whole network",
	})
	.refine((env) => env.LANGSMITH_TRACING === "false" || env.LANGSMITH_API_KEY, {
		path: ["LANGSMITH_API_KEY"],
		error: "is required with LANGSMITH_TRACING=true",
	})
	.refine((env) => !env.QD_RERANK_URL === !env.QD_RERANK_MODEL, {
		path: ["QD_RERANK_MODEL"],
		error: "QD_RERANK_URL and QD_RERANK_MODEL go together: set both, or neither",
	})
	.refine((env) => env.QD_RERANK_CHAT === "off" || (env.QD_MODEL_URL && !env.QD_RERANK_URL), {
		path: ["QD_RERANK_CHAT"],
		error: "needs QD_MODEL_URL, and no QD_RERANK_URL beside it",
	})
	.refine(
		(env) => !env.QD_OIDC_ISSUER === !env.QD_OIDC_CLIENT_ID && !env.QD_OIDC_ISSUER === !env.QD_OIDC_CLIENT_SECRET,
		{
			path: ["QD_OIDC_ISSUER"],
			error: "QD_OIDC_ISSUER, QD_OIDC_CLIENT_ID and QD_OIDC_CLIENT_SECRET go together: set all, or none",
		},
	)
	.refine((env) => env.QD_OIDC_ISSUER || (!env.QD_OIDC_DOMAINS && !env.QD_OIDC_ROLE), {
		path: ["QD_OIDC_ISSUER"],
		error: "is missing: QD_OIDC_DOMAINS and QD_OIDC_ROLE say who comes by it",
	})
	.refine((env) => !env.QD_OIDC_ISSUER || env.QD_URL, {
		path: ["QD_URL"],
		error: "is required with QD_OIDC_ISSUER: the provider sends people back to it",
	})
	.refine((env) => !env.QD_OIDC_ISSUER || isSafe(env.QD_OIDC_ISSUER), {
		path: ["QD_OIDC_ISSUER"],
		error: "needs https: whoever stands between could sign in as anybody",
	})
	.refine((env) => !env.QD_AUDIT_WEBHOOK_URL === !env.QD_AUDIT_WEBHOOK_SECRET, {
		path: ["QD_AUDIT_WEBHOOK_SECRET"],
		error: "QD_AUDIT_WEBHOOK_URL and QD_AUDIT_WEBHOOK_SECRET go together: set both, or neither",
	})
	.refine((env) => !env.QD_APPROVAL_WEBHOOK_URL === !env.QD_APPROVAL_WEBHOOK_SECRET, {
		path: ["QD_APPROVAL_WEBHOOK_SECRET"],
		error: "QD_APPROVAL_WEBHOOK_URL and QD_APPROVAL_WEBHOOK_SECRET go together: set both, or neither",
	})
	.refine((env) => [env.QD_AUDIT_S3_KEY_ID, env.QD_AUDIT_S3_SECRET].every((one) => !one === !env.QD_AUDIT_S3_URL), {
		path: ["QD_AUDIT_S3_URL"],
		error: "QD_AUDIT_S3_URL, QD_AUDIT_S3_KEY_ID and QD_AUDIT_S3_SECRET go together: set all, or none",
	})
	.refine((env) => !env.REDIS_URL || hasSecretOrStaysHere(env.REDIS_URL), {
		path: ["REDIS_URL"],
		error: "needs a password in it: a Redis on another machine that asks for none is open to its whole network",
	})
	.refine((env) => !env.SMTP_URL || env.QD_MAIL_FROM, {
		path: ["QD_MAIL_FROM"],
		error: "is required with SMTP_URL: mails need a sender",
	})
	.refine((env) => !env.SMTP_URL || env.QD_URL, {
		path: ["QD_URL"],
		error: "is required with SMTP_URL: links in mails lead there",
	})
	.refine((env) => !env.INNGEST_BASE_URL || env.INNGEST_SIGNING_KEY, {
		path: ["INNGEST_SIGNING_KEY"],
		error: "is required with INNGEST_BASE_URL: without it anybody could run jobs",
	});
export type Env = z.infer<typeof Env>;

/** One line that names the variable and what is wrong with it; never its value, which may be a secret. */
export function describeEnvProblem(error: z.ZodError): string {
	const issue = error.issues[0];
	return `${issue?.path.join(".") ?? "environment"} ${issue?.message ?? "is malformed"}`;
}

let cached: Env | undefined;
/** The only reader of `process.env`. Throws a ZodError where a value is malformed. */
export function env(): Env {
	cached ??= Env.parse(process.env);
	return cached;
}

/**
 * LangChain and LangSmith's library read these by themselves, and would send prompts out beside our own spans, whatever the
 * policy of traces says. Our own exports have read them by now.
 */
export function keepTracingOurs(): void {
	env();
	for (const name of ["LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"])
		delete process.env[name];
}

/** What a child process is started with: what we were started with, and what the launcher found out. */
export const childEnvironment = (added: Record<string, string>): NodeJS.ProcessEnv => ({ ...process.env, ...added });
