import { flushCompileCache } from "node:module";
import type { Message } from "./messages";

/** From a start until it has settled, in ms. */
const settleMs = 5_000;

/** Tells the launcher; a program that was started by hand has none. */
export function tell(message: Message): Promise<void> {
	return new Promise((resolve) => {
		if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve());
		else resolve();
	});
}

/** Writes down what Node compiled once the start has settled. By itself it does so only at an orderly end, and a kill is none. */
export const keepCompiled = (): unknown => setTimeout(flushCompileCache, settleMs).unref();

/**
 * Calls `stop` once: on SIGTERM, or when the launcher is gone; the process then ends. Ctrl-C reaches every process of the terminal,
 * but the launcher alone decides the order in which they end.
 */
export function onStop(stop: (why: "asked" | "orphaned") => Promise<void>): void {
	let isStopping = false;
	const begin = (why: "asked" | "orphaned") => {
		if (isStopping) return;
		isStopping = true;
		void stop(why).finally(() => process.exit(0));
	};
	process.on("SIGTERM", () => begin("asked"));
	process.on("disconnect", () => begin("orphaned"));
	process.on("SIGINT", () => process.connected || begin("asked"));
	process.on("SIGHUP", () => {});
}
