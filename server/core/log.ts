import pino from "pino";
import { env } from "./env";

/** An error without what may hold somebody's words: the values of a statement, and messages that repeat them. */
function describeError(error: unknown): Record<string, unknown> {
	if (!(error instanceof Error)) return { type: typeof error };
	const frames = (error.stack ?? "").split("\n").filter((line) => line.trimStart().startsWith("at "));
	return {
		type: error.name,
		code: "code" in error ? error.code : undefined,
		message: error.message.split("\nparams:")[0]?.slice(0, 500),
		stack: frames.slice(0, 12).map((line) => line.trim()),
		cause: error.cause === undefined ? undefined : describeError(error.cause),
	};
}

/** JSON lines on standard output, UTC, with ids instead of contents: never a body, a token or a prompt. */
export const log = pino({
	level: env().QD_LOG_LEVEL,
	base: { pid: process.pid, part: process.title.startsWith("quarterdeck-") ? process.title.slice(12) : "node" },
	serializers: { err: describeError },
	timestamp: pino.stdTimeFunctions.isoTime,
	redact: {
		paths: [
			...[
				"password",
				"passwordHash",
				"token",
				"secret",
				"authorization",
				"cookie",
				"setupCode",
				"apiKey",
				"key",
			].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
		],
		censor: "[redacted]",
	},
});
export type Log = typeof log;
