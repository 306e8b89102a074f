import type { Database } from "@/db/connection";
import type { Registry } from "./registry";

/** The part of a pino logger that the engine uses. */
export type EngineLog = Record<"debug" | "info" | "warn" | "error", (fields: object, message: string) => void>;

/** What the parts of one engine share. */
export type Core = {
	db: Database;
	registry: Registry;
	/** This engine's row in `workers`. */
	worker: string;
	/** ms to wait after the attempt of that number, from 0. */
	backoff: (attempt: number) => number;
	log: EngineLog;
};
