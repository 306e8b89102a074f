import pino from "pino";
import { env } from "./env";

/** JSON lines on standard output, UTC, with ids instead of contents: never a body, a token or a prompt. */
export const log = pino({
	level: env().QD_LOG_LEVEL,
	base: { pid: process.pid, part: process.title.startsWith("quarterdeck-") ? process.title.slice(12) : "node" },
	timestamp: pino.stdTimeFunctions.isoTime,
	redact: {
		paths: [
			...["password", "passwordHash", "token", "secret", "authorization", "cookie", "code", "apiKey", "key"].flatMap(
				(name) => [name, `*.${name}`, `*.*.${name}`],
			),
		],
		censor: "[redacted]",
	},
});
export type Log = typeof log;
